package import Attestation
package import Ledger

/// Where a task stands, for people.
package struct TaskStatus: Equatable, Sendable {
    /// What a task does.
    package enum Stage: String, Sendable {
        case waiting, collecting, aggregating, closed, failed
    }

    package let task: Digest
    package let name: String
    /// The open round, or the last one; 0 before the first.
    package let round: UInt32
    package let roundCount: UInt32
    package let stage: Stage
    package let acceptedCount: Int
    package let invitedCount: Int
    package let deadlineMs: UInt64?
    package let model: Digest
    /// Of the last sealed round, in parts per million.
    package let accuracyPpm: UInt32?
    /// "waiting for 2 of 5: edge-3 (last seen 12 s ago), edge-4 (never seen)"; nil while nobody is waited for.
    package let waitingFor: String?
    /// The terms on the ledger; nil for a task of rules version 1.
    package let terms: TaskTerms?
    /// Units of 10^-6 token that the task's accounts hold for its participants; 0 after the close.
    package let funded: UInt64
}

/// A participant, for the operator.
package struct ParticipantStatus: Equatable, Sendable {
    package let number: UInt32
    package let label: String
    package let key: PublicKey
    package let lastSeenMs: UInt64?
    package let isAvailable: Bool
    package let isBanned: Bool
    /// In units of 10^-6 token.
    package let balance: UInt64
}

/// A participant's own account.
package struct AccountStatus: Equatable, Sendable {
    package let balance: UInt64
    package let contributionCount: Int
    /// Entries that accepted its contributions, newest first.
    package let acceptedSequences: [UInt64]
}
