package import Ledger
internal import Tensors

/// What a task pays, for which score, and from where. Its file's section `reward`.
package struct TaskReward: Equatable, Sendable {
    /// What is paid for.
    package var score: TaskTerms.Score
    /// Units of 10^-6 token that the whole task pays at most; 0 where nothing is paid.
    package var pool: UInt64
    /// Fall of the validation loss, in 10^-12 nat, at which the whole pool is paid: `pool / targetDrop` is the price.
    package var targetDrop: UInt64
    /// The account whose escrow pays; nil: tokens are issued.
    package var sponsor: AccountName?
    /// Which rounds are paid.
    package var paidRounds: TaskTerms.PaidRounds
    /// Most examples that one update counts for, where examples count at all; 0 where no cap is named.
    package var samplesCap: UInt64
    /// Whether the task's file accepts pay where anybody may register and nobody proves training.
    package var acceptsUnprovedPay: Bool

    package init(
        score: TaskTerms.Score = .value,
        pool: UInt64,
        targetDrop: UInt64,
        sponsor: AccountName? = nil,
        paidRounds: TaskTerms.PaidRounds = .all,
        samplesCap: UInt64 = 0,
        acceptsUnprovedPay: Bool = false
    ) {
        self.score = score
        self.pool = pool
        self.targetDrop = targetDrop
        self.sponsor = sponsor
        self.paidRounds = paidRounds
        self.samplesCap = samplesCap
        self.acceptsUnprovedPay = acceptsUnprovedPay
    }

    /// The target where a task names none: half the loss of guessing, ½·ln(classes) nat.
    package static func defaultTargetDrop(classCount: Int) -> UInt64 {
        UInt64((PortableMath.log(Double(max(2, classCount))) / 2 * 1e12).rounded())
    }
}

/// How updates are weighted in the average. A task file's section `weights`.
package struct WeightRule: Equatable, Sendable {
    /// The task's own bound. An update of up to 3/2 of its length counts in full in round 1, and never a longer one.
    package enum Bound: Equatable, Sendable {
        /// Five sixths of the length of one local training on the coordinator's own examples, measured at the opening.
        case automatic
        /// An Euclidean length.
        case length(Double)
    }

    /// Whether weights are assigned by whoever admits, or claimed by participants.
    package var weighting: TaskTerms.Weighting
    package var bound: Bound
    /// Examples that an ordinary participant trains on: for the automatic bound. Nil: as many as the validation set
    /// has.
    package var exampleCount: Int?
    /// Units of participants by key (`did:key:…`), 1 to 8; who is not named has those of its registration.
    package var units: [String: UInt32]

    package init(
        weighting: TaskTerms.Weighting = .units,
        bound: Bound = .automatic,
        exampleCount: Int? = nil,
        units: [String: UInt32] = [:]
    ) {
        self.weighting = weighting
        self.bound = bound
        self.exampleCount = exampleCount
        self.units = units
    }
}
