/// What a task pays, for which score, how often and from where.
package struct RewardRule: Hashable, Sendable {
    /// The score that is paid.
    package enum Score: Sendable, CaseIterable {
        /// Examples trained on.
        case samples
        /// The path score of the whole update.
        case path
        /// The path score of the component that the last global delta does not predict.
        case pathNovel

        /// Whether rounds take validation gradients for it. Where they do not, both path scores and the score gap are
        /// zero, and the exact sums are not digested: the model's digest binds the round as well.
        package var isPath: Bool { self != .samples }
    }

    /// The score that is paid.
    package let score: Score
    /// Units that a sealed round adds to the pool, while the cap or the escrow has them.
    package let poolPerRound: UInt64
    /// Rounds whose scores are summed before they are paid.
    package let epochRounds: UInt32
    /// The sponsor's account, whose escrow pays; nil: emission under the cap.
    package let sponsor: AccountName?

    package init(score: Score, poolPerRound: UInt64, epochRounds: UInt32, sponsor: AccountName? = nil) {
        self.score = score
        self.poolPerRound = poolPerRound
        self.epochRounds = epochRounds
        self.sponsor = sponsor
    }
}
