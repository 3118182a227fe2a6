package import Attestation

/// Ends a round: what was averaged, and the model after it.
package struct RoundSealed: Hashable, Sendable {
    /// How a round ends.
    package enum Outcome: Sendable, CaseIterable {
        /// Enough contributions were accepted and averaged.
        case aggregated
        /// Too few were: nobody is paid and the model stays.
        case noQuorum
    }

    package let task: Digest
    package let round: UInt32
    package let outcome: Outcome
    /// Contributions accepted.
    package let accepted: UInt32
    /// Sum of their sample counts.
    package let totalWeight: UInt64
    /// SHA-256 of the exact sums (float64, little-endian); nil without quorum, and where the task pays by samples.
    package let aggregate: Digest?
    /// Blob digest of the model after the round; without quorum the model before it.
    package let model: Digest
    /// Digest of the server optimiser's momentum, nil if it has none; without quorum the one before the round.
    package let serverState: Digest?
    /// What the evaluator measured; nil without quorum.
    package let metrics: RoundMetrics?

    package init(
        task: Digest,
        round: UInt32,
        outcome: Outcome,
        accepted: UInt32,
        totalWeight: UInt64,
        aggregate: Digest?,
        model: Digest,
        serverState: Digest?,
        metrics: RoundMetrics?
    ) {
        self.task = task
        self.round = round
        self.outcome = outcome
        self.accepted = accepted
        self.totalWeight = totalWeight
        self.aggregate = aggregate
        self.model = model
        self.serverState = serverState
        self.metrics = metrics
    }
}
