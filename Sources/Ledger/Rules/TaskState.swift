package import Attestation
package import Rewards

/// A task: its terms, its model, its running round, what its rounds were worth, and where its tokens went.
package struct TaskState: Hashable, Sendable {
    /// Units of 10^-6 token that moved for the task so far.
    package struct Flows: Hashable, Sendable {
        /// Sponsor to escrow.
        package internal(set) var deposited: UInt64 = 0
        /// Escrow or issuance to pool.
        package internal(set) var pooled: UInt64 = 0
        /// Pool to participants.
        package internal(set) var rewarded: UInt64 = 0
        /// Escrow to sponsor.
        package internal(set) var escrowReturned: UInt64 = 0
        /// Pool to sponsor or issuance.
        package internal(set) var poolReturned: UInt64 = 0
    }

    /// How far a task is.
    package enum Stage: Hashable, Sendable {
        /// Rounds may be opened.
        case running
        /// Version 2: the task ends; withheld scores are revealed, then it is settled.
        case settling
        /// Settled: only the close may come.
        case settled
        /// Nothing more happens.
        case closed
    }

    /// The entry that opened it.
    package let opening: TaskOpened
    package internal(set) var stage = Stage.running
    /// Blob digest of the current model; nil in version 2 until the first round is opened.
    package internal(set) var model: Digest?
    /// Digest of the server optimiser's state, nil if it has none.
    package internal(set) var serverState: Digest?
    /// The round that is open, or sealed and waiting for scores that are not withheld.
    package internal(set) var round: RoundState?
    /// Rounds that are over, whatever their outcome.
    package internal(set) var roundsFinished: UInt32 = 0
    package internal(set) var flows = Flows()
    /// `pool/<task>`.
    package let pool: AccountName
    /// `escrow/<task>`.
    package let escrow: AccountName

    // Version 2.

    /// Units that participants have in this task alone.
    package internal(set) var assignedUnits: [ParticipantNumber: UInt32] = [:]
    /// How many of the rounds that are over were aggregated.
    package internal(set) var roundsAggregated: UInt32 = 0
    /// The rounds since the last of another outcome that diverged.
    package internal(set) var divergedInARow: UInt32 = 0
    /// The accepted updates' norms of the last rounds that are over, oldest first, at most three.
    package internal(set) var recentNorms: [[UpdateNorm]] = []
    /// The base of the norm bound of the round opened last.
    package internal(set) var boundBase: UInt128?
    /// Sealed rounds whose scores are withheld, in order; the first is revealed next.
    package internal(set) var waiting: [WaitingRound] = []
    /// The round that is revealed and waits for scores.
    package internal(set) var reveal: RoundReveal?
    /// What each scored participant's rounds add up to, as far as they are known.
    package internal(set) var merits: [ParticipantNumber: Merit] = [:]
    /// Aggregated rounds whose scores are in `merits`.
    package internal(set) var roundsCounted: UInt32 = 0
    /// Exact validation loss before the first aggregated round, once it is known.
    package internal(set) var firstLoss: Int64?
    /// Exact validation loss after the last aggregated round that is known.
    package internal(set) var lastLoss: Int64?
    /// What the task pays, once it is settled.
    package internal(set) var settled: TaskSettled?

    // Version 1.

    /// How many of the rounds that are over are in a settled epoch.
    package internal(set) var roundsSettled: UInt32 = 0
    package internal(set) var epochsSettled: UInt32 = 0
    /// The running epoch's sums of the score that the reward rule names; not clipped.
    package internal(set) var scoreSums: [ParticipantNumber: Int64] = [:]

    init(_ opening: TaskOpened) {
        self.opening = opening
        model = opening.initialModel
        pool = .pool(opening.task)
        escrow = .escrow(opening.task)
    }

    /// Version 1: whether finished rounds wait for their epoch's settlement.
    package var hasUnsettledRounds: Bool { opening.reward != nil && roundsFinished > roundsSettled }

    /// Whether a round may still be opened at that time, in milliseconds since the Unix epoch.
    package func mayOpenRound(timeMs: UInt64) -> Bool {
        guard let terms = opening.terms else { return stage == .running && round == nil }
        return stage == .running && round == nil && timeMs <= terms.closeByMs
            && roundsFinished < terms.roundCount && divergedInARow < LedgerLimits.divergedRounds
    }

    /// The norm bound of the next round; nil where weights are claimed. Complexity: O(n log n) in the recent updates.
    package var nextNormBound: NormBound? {
        guard let bound = opening.terms?.normBoundSquared else { return nil }
        return NormBound.next(recent: recentNorms.joined(), taskBoundSquared: bound, previousBase: boundBase)
    }

    /// What the next round opened must state as its bound.
    package var nextBound: UInt128? { nextNormBound?.squared }

    /// A participant's units in the next round.
    package func units(of participant: ParticipantNumber, _ state: LedgerState) -> UInt32 {
        assignedUnits[participant] ?? state.participants[Int(participant)].units
    }

    /// What its account holds for the task: the escrow with a sponsor, else the pool.
    package func held(_ state: LedgerState) -> UInt64 {
        state.accounts.balance(of: opening.sponsor == nil ? pool : escrow).available
    }
}
