/// What cheating earned in a run, beside what honest work earned.
package struct CheatingVerdict: Equatable, Sendable {
    /// Participants who cheated.
    package let cheaters: Int
    /// Participants in all.
    package let participants: Int
    /// Units of 10^-6 token paid to all who cheated.
    package let paidToCheaters: UInt64
    /// Units of 10^-6 token paid to everybody.
    package let paidToAll: UInt64
    /// The largest share of the honest mean that a cheater earned, where known.
    package let largestShare: Double?

    /// Nil where nobody cheated.
    package init?(_ participants: [ParticipantSummary]) {
        let cheating = participants.filter(\.cheats)
        guard !cheating.isEmpty else { return nil }
        cheaters = cheating.count
        self.participants = participants.count
        paidToCheaters = Self.sum(cheating)
        paidToAll = Self.sum(participants)
        largestShare = cheating.compactMap(\.shareOfHonestMean).filter(\.isFinite).max()
    }

    /// The cheaters' part of everything paid, 0 to 1.
    package var share: Double { paidToAll == 0 ? 0 : Double(paidToCheaters) / Double(paidToAll) }

    /// The verdict for people, such as "6 of 15 participants cheated. Together they earned 0.31 % of everything paid;
    /// the luckiest of them 1.2 % of an honest share."
    package var sentence: String {
        let who = "\(cheaters) of \(participants) participants cheated. "
        guard paidToCheaters > 0 else { return who + (cheaters == 1 ? "It earned nothing." : "They earned nothing.") }
        let part = "\(ReadableNumber.percent(share)) of everything paid"
        let best = largestShare.map { ReadableNumber.percent($0, places: 1) + " of an honest share" }
        if cheaters == 1 { return who + "It earned \(part)" + (best.map { ", \($0)." } ?? ".") }
        return who + "Together they earned \(part)" + (best.map { "; the luckiest of them \($0)." } ?? ".")
    }

    /// Amounts are bounded by the supply; a hostile summary's saturate.
    private static func sum(_ participants: [ParticipantSummary]) -> UInt64 {
        participants.reduce(0) { total, participant in
            let (sum, overflow) = total.addingReportingOverflow(participant.paid)
            return overflow ? .max : sum
        }
    }
}
