package import Ledger
internal import Tensors

/// Task files of rules version 1, for reading and auditing old ledgers. No new task is opened from one.
extension TaskConfiguration {
    /// Reads a task file of version 1. Who was paid for what is in `Version1Reward`; here the task pays nothing, and
    /// weighs by claimed examples as version 1 did.
    ///
    /// - Throws: `FederationError` naming the key and line.
    package init(version1Text text: String) throws(FederationError) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("reward:") }
        let rest = lines.joined(separator: "\n") + "\nreward: { score: none }\nweights: { weighting: claimed }\n"
        try self.init(text: rest)
    }
}

/// The reward rule that a task file of version 1 names.
package struct Version1Reward: Equatable {
    private let rule: RewardRule

    /// The rule in a task file as it stands on the ledger; nil if it cannot be read.
    package init?(text bytes: [UInt8]) {
        guard let root = try? ConfigurationSection(text: String(decoding: bytes, as: UTF8.self)),
            let section = try? root.section("reward"),
            let word = try? section.string("score"),
            let poolText = try? section.string("pool_per_round"), let pool = TokenAmount.units(poolText),
            let epoch = try? section.integer("epoch_rounds", in: 1...Int(LedgerLimits.epochRounds)),
            let source = try? section.string("source")
        else { return nil }
        let scores: [String: RewardRule.Score] = ["samples": .samples, "path": .path, "path-novel": .pathNovel]
        guard let score = scores[word] else { return nil }
        let sponsor = (try? section.string("sponsor")) ?? nil
        rule = RewardRule(
            score: score, poolPerRound: pool, epochRounds: UInt32(epoch),
            sponsor: source == "sponsor" ? sponsor.flatMap { try? AccountName("sponsor/\($0)") } : nil)
    }

    package static func == (left: Self, right: RewardRule) -> Bool { left.rule == right }
}
