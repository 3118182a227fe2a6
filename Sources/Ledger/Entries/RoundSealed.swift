package import Attestation

/// Ends a round: what was averaged, and the model after it.
package struct RoundSealed: Hashable, Sendable {
    /// How a round ends.
    package enum Outcome: Sendable, CaseIterable {
        /// Enough contributions were accepted and averaged.
        case aggregated
        /// Too few were: nobody is paid and the model stays.
        case noQuorum
        /// Version 2: no finite model came of it, or every weight was zero; the model stays and nobody is scored.
        case diverged
        /// Version 2: the task ends while the round is open; the model stays and nobody is scored.
        case abandoned
    }

    package let task: Digest
    package let round: UInt32
    package let outcome: Outcome
    /// Contributions accepted.
    package let accepted: UInt32
    /// Sum of their effective weights; in version 1, and where weights are claimed, of their sample counts.
    package let totalWeight: UInt64
    /// SHA-256 of the exact sums (float64, little-endian); nil unless aggregated and scored.
    package let aggregate: Digest?
    /// Blob digest of the model after the round; unless aggregated, the model before it.
    package let model: Digest
    /// Digest of the server optimiser's momentum, nil if it has none; unless aggregated, the one before.
    package let serverState: Digest?
    /// What the evaluator measured, rounded where scores are withheld; nil unless aggregated.
    package let metrics: RoundMetrics?
    /// Version 2: what the revealed metrics and scores must hash to; nil unless the round's scores are withheld.
    package let scoreCommitment: Digest?

    package init(
        task: Digest,
        round: UInt32,
        outcome: Outcome,
        accepted: UInt32,
        totalWeight: UInt64,
        aggregate: Digest?,
        model: Digest,
        serverState: Digest?,
        metrics: RoundMetrics?,
        scoreCommitment: Digest? = nil
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
        self.scoreCommitment = scoreCommitment
    }
}
