package import Attestation
package import Ledger

/// What happens to a round engine. Whoever drives it (simulator, server, replayer) owns clocks, sockets and files.
package enum RoundEvent: Sendable {
    /// Opens the first round, or the next one after a restart between rounds; nothing while nobody is registered.
    case start
    /// A contribution came in. The ticket is the driver's name for the update that came with it.
    case received(statement: [UInt8], signature: [UInt8], ticket: UInt64)
    /// The answer to `RoundEffect.check`.
    case checked(ticket: UInt64, verdict: UpdateVerdict)
    /// A check that was asked for cannot be made, through no fault of the sender's: as if the contribution had not
    /// come.
    case withdrawn(ticket: UInt64)
    /// The answer to `RoundEffect.setTimer`.
    case deadlinePassed(round: UInt32)
    /// `RoundEngine.absent` was changed: the open round may have all that it can get.
    case absenceChanged
    /// The answer to `RoundEffect.aggregate`.
    case aggregated(RoundResult)
}

/// What the driver found when it checked a contribution's signature and its update's bytes.
package enum UpdateVerdict: Equatable, Sendable {
    case sound
    case refused(RefusalReason, detail: String)
}

/// What came out of averaging and scoring one round.
package struct RoundResult: Equatable, Sendable {
    package let round: UInt32
    /// SHA-256 of the exact sums; nil for a task that pays by samples, which needs none.
    package let aggregate: Digest?
    /// Blob digest of the model after the round.
    package let model: Digest
    /// Digest of the server optimiser's momentum, if it has any.
    package let serverState: Digest?
    package let metrics: RoundMetrics
    /// One for each accepted contribution, in ascending participant number; of a task that pays by samples with zero
    /// for both path scores.
    package let scores: [ContributionScore]
    /// The full scores miss the loss drop by more than three gradients explain; for people, not on the ledger.
    package let isGapWide: Bool

    package init(
        round: UInt32,
        aggregate: Digest?,
        model: Digest,
        serverState: Digest?,
        metrics: RoundMetrics,
        scores: [ContributionScore],
        isGapWide: Bool = false
    ) {
        self.round = round
        self.aggregate = aggregate
        self.model = model
        self.serverState = serverState
        self.metrics = metrics
        self.scores = scores
        self.isGapWide = isGapWide
    }
}
