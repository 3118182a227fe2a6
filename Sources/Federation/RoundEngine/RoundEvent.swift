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
    /// The task is to end now, by the operator's word or because its time is up. A round that is being averaged is
    /// finished first, unless its computation failed and nothing will come of it.
    case close(TaskClosed.Reason, computationFailed: Bool)
}

/// What the driver found when it checked a contribution's signature and its update's bytes.
package enum UpdateVerdict: Equatable, Sendable {
    /// Nothing is wrong with it; its squared length is in squares of the grid's unit.
    case sound(squaredNorm: UInt128)
    case refused(RefusalReason, detail: String)
}

/// What came out of averaging and scoring one round.
package struct RoundResult: Equatable, Sendable {
    package let round: UInt32
    /// SHA-256 of the exact sums; nil where scores need none, and where the round diverged.
    package let aggregate: Digest?
    /// Blob digest of the model after the round.
    package let model: Digest
    /// Digest of the server optimiser's momentum, if it has any.
    package let serverState: Digest?
    /// Exact; nil where the round diverged: the model stays as it was and nobody is scored.
    package let metrics: RoundMetrics?
    /// One for each accepted contribution, in ascending participant number; none where the task pays no value.
    package let scores: [ContributionScore]
    /// Binds metrics and scores while they are withheld; set by who holds the task's secret.
    package var scoreCommitment: Digest?
    /// The full scores miss the loss drop by more than three gradients explain; for people, not on the ledger.
    package let isGapWide: Bool
    /// Why the round diverged, for people.
    package let divergence: String?

    package init(
        round: UInt32,
        aggregate: Digest?,
        model: Digest,
        serverState: Digest?,
        metrics: RoundMetrics?,
        scores: [ContributionScore],
        isGapWide: Bool = false,
        divergence: String? = nil
    ) {
        self.round = round
        self.aggregate = aggregate
        self.model = model
        self.serverState = serverState
        self.metrics = metrics
        self.scores = scores
        self.isGapWide = isGapWide
        self.divergence = divergence
    }

    /// The scores as ledger entries, each of at most `LedgerLimits.scoreCount`.
    package func scoreParts(of task: Digest) -> [RoundScores] {
        RoundScores.parts(scores, task: task, round: round)
    }
}
