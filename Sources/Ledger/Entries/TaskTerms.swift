package import Attestation
package import Rewards

/// What a task pays, whom it trusts, and what stays secret until its close. Version 2.
package struct TaskTerms: Hashable, Sendable {
    /// Whom the task expects.
    package enum Trust: Sendable, CaseIterable {
        /// Participants who are invited and accountable: the full path score is paid.
        case known
        /// Keys that somebody vouches for one by one: the novel score is paid, weighted by each round's agreement.
        case open

        /// The word of task files, consent files and messages.
        package var word: String {
            switch self {
            case .known: "known"
            case .open: "open"
            }
        }
    }

    /// What is paid.
    package enum Score: Sendable, CaseIterable {
        /// What an update was worth.
        case value
        /// Examples trained on, as stated.
        case samples
        /// Nothing.
        case none

        /// The word of task files, consent files and messages.
        package var word: String {
            switch self {
            case .value: "value"
            case .samples: "samples"
            case .none: "none"
            }
        }
    }

    /// Where an update's weight comes from.
    package enum Weighting: Sendable, CaseIterable {
        /// Assigned units, shortened by the norm bound.
        case units
        /// Examples trained on, as stated.
        case claimed
    }

    /// When scores are shown.
    package enum Disclosure: Sendable, CaseIterable {
        /// They are committed to at each seal and revealed at the end.
        case afterClose
        /// They follow each seal.
        case live
    }

    /// Which rounds' scores are paid.
    package enum PaidRounds: Sendable, CaseIterable {
        case all
        /// The first aggregated round only.
        case first
    }

    package let trust: Trust
    package let score: Score
    package let weighting: Weighting
    package let disclosure: Disclosure
    package let paidRounds: PaidRounds
    /// Most rounds of the task, whatever their outcome.
    package let roundCount: UInt32
    /// Units of 10^-6 token for the whole task.
    package let pool: UInt64
    /// Validation loss, in 10^-12 nat, for whose drop the whole pool is paid; at least 1 where value is paid.
    package let targetDrop: UInt64
    /// The sponsor's account, whose escrow pays; nil: emission under the cap.
    package let sponsor: AccountName?
    /// Most examples that count for one contribution; 0 for no cap.
    package let samplesCap: UInt64
    /// Square of the task's own norm bound, in squares of the grid's unit; nil where weights are claimed.
    package let normBoundSquared: UInt128?
    /// Three halves.
    package let boundFactor: BoundFactor
    /// Scored steps, and their echoes, that a novel score leaves out: 5.
    package let history: UInt32
    /// No round opens after it, in milliseconds since the Unix epoch.
    package let closeByMs: UInt64
    /// `TaskSecret.commitment` of the task's secret.
    package let secretCommitment: Digest
    /// Whether the task's file accepts pay where anybody may register and nobody proves training.
    package let acceptsUnprovedPay: Bool

    package init(
        trust: Trust,
        score: Score,
        weighting: Weighting = .units,
        disclosure: Disclosure = .afterClose,
        paidRounds: PaidRounds = .all,
        roundCount: UInt32,
        pool: UInt64,
        targetDrop: UInt64,
        sponsor: AccountName? = nil,
        samplesCap: UInt64 = 0,
        normBoundSquared: UInt128?,
        boundFactor: BoundFactor = .standard,
        history: UInt32 = LedgerLimits.history,
        closeByMs: UInt64,
        secretCommitment: Digest,
        acceptsUnprovedPay: Bool = false
    ) {
        self.trust = trust
        self.score = score
        self.weighting = weighting
        self.disclosure = disclosure
        self.paidRounds = paidRounds
        self.roundCount = roundCount
        self.pool = pool
        self.targetDrop = targetDrop
        self.sponsor = sponsor
        self.samplesCap = samplesCap
        self.normBoundSquared = normBoundSquared
        self.boundFactor = boundFactor
        self.history = history
        self.closeByMs = closeByMs
        self.secretCommitment = secretCommitment
        self.acceptsUnprovedPay = acceptsUnprovedPay
    }

    /// Whether rounds are scored. Where they are not, the exact sums are not digested: the model's digest binds the
    /// round as well.
    package var scoresRounds: Bool { score == .value }

    /// Whether scores and exact metrics are committed to at each seal and revealed when the task ends.
    package var withholdsScores: Bool { scoresRounds && disclosure == .afterClose }

    /// Whether the stated number of examples has an effect.
    package var usesSampleCounts: Bool { score == .samples || weighting == .claimed }
}
