package import Attestation
package import Runs

/// What came of a rehearsal.
package struct RehearsalReport: Sendable {
    package let task: Digest
    package let rounds: Int
    /// The final model's digest on the coordinator's ledger, and the one that `simulate` gives.
    package let model: Digest
    package let simulatedModel: Digest
    package let accuracyPpm: UInt32
    /// As `simulate` has them, with what the coordinator's ledger shows of their contributions and pay.
    package let participants: [ParticipantSummary]
    /// Receipts that the agents hold, all verified against the log's key.
    package let receiptCount: Int
    package let disturbance: Disturbance
    package let entryCount: UInt64
    package let ledgerRoot: Digest
    package let seconds: Double
    /// What does not hold, in sentences; empty if all is well.
    package let faults: [String]
}
