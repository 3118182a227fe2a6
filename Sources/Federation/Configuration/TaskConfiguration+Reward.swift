internal import Ledger

/// Who is paid for what: the sections `trust`, `reward`, `weights` and `disclosure` of a task file.
extension TaskConfiguration {
    private static let rewardKeys = [
        "score", "pool", "target_drop", "source", "sponsor", "cap", "paid_rounds", "samples_cap", "unproved_pay",
    ]

    static func trust(in root: ConfigurationSection) throws(FederationError) -> TaskTerms.Trust {
        guard let word = try root.string("trust") else { return .known }
        switch word {
        case "known": return .known
        case "open": return .open
        case "proved":
            throw FederationError(
                .invalidValue, "trust: proved needs proof of training (level L2), which no participant can give yet",
                hint: "write trust: open for keys that somebody vouches for, or trust: known for invited parties")
        default: throw root.wrong("trust", "known or open, not \"\(word)\"")
        }
    }

    /// Refuses the words of rules version 1, each with what takes its place.
    private static func refuseOldWords(
        in section: ConfigurationSection, roundCount: Int
    ) throws(FederationError) {
        if let word = try section.string("score"), ["path", "path-novel"].contains(word) {
            throw FederationError(
                .invalidValue, "reward.score \"\(word)\" is a rule of version 1 and is no longer paid",
                hint: """
                    write score: value, and trust: known for invited parties (the whole path score) or trust: open for \
                    keys that somebody vouches for (the novel part)
                    """)
        }
        if section.has("pool_per_round") {
            let text = try section.string("pool_per_round") ?? ""
            let whole = TokenAmount.units(text)?.multipliedReportingOverflow(by: UInt64(roundCount))
            let pool = whole.flatMap { $0.overflow ? nil : TokenAmount.text($0.partialValue) } ?? "400"
            throw FederationError(
                .unknownKey, "reward.pool_per_round is a rule of version 1: a task is settled once, at its close",
                hint: "write pool: \"\(pool)\" for what the whole task pays at most")
        }
        if section.has("epoch_rounds") {
            throw FederationError(
                .unknownKey, "reward.epoch_rounds is a rule of version 1: a task is settled once, at its close",
                hint: "leave it out")
        }
        if section.has("escrow") {
            throw FederationError(
                .unknownKey, "reward.escrow is a rule of version 1: a sponsor's escrow now covers the whole pool",
                hint: "leave it out; reward.pool is what the sponsor pays in")
        }
    }

    static func reward(
        in root: ConfigurationSection, roundCount: Int, classCount: Int
    ) throws(FederationError) -> TaskReward {
        let section = try root.section("reward")
        if let section { try refuseOldWords(in: section, roundCount: roundCount) }
        try section?.expectOnly(rewardKeys)
        let score = try section?.word("score", among: TaskTerms.Score.allCases.map(\.word)) ?? "value"
        let source = try section?.word("source", among: ["emission", "sponsor"]) ?? "emission"
        let sponsor = try section?.string("sponsor") ?? "default"
        guard isName(sponsor) else { throw root.wrong("reward.sponsor", nameRule) }
        let account: AccountName
        do { account = try AccountName("sponsor/\(sponsor)") } catch {
            throw FederationError(.invalidValue, error.message)
        }
        let kind = TaskTerms.Score.allCases.first { $0.word == score } ?? .value
        let rounds = try section?.word("paid_rounds", among: ["all", "first"]) ?? "all"
        if let word = try section?.string("unproved_pay"), word != "accepted" {
            throw root.wrong("reward.unproved_pay", "accepted, or left out, not \"\(word)\"")
        }
        return TaskReward(
            score: kind,
            pool: try pool(in: section, root, kind),
            targetDrop: try targetDrop(in: section, root) ?? TaskReward.defaultTargetDrop(classCount: classCount),
            sponsor: source == "sponsor" && kind != .none ? account : nil,
            paidRounds: rounds == "first" ? .first : .all,
            samplesCap: UInt64(try section?.integer("samples_cap", in: 1...FederationLimits.sampleCount) ?? 0),
            acceptsUnprovedPay: section?.has("unproved_pay") ?? false)
    }

    private static func pool(
        in section: ConfigurationSection?, _ root: ConfigurationSection, _ score: TaskTerms.Score
    ) throws(FederationError) -> UInt64 {
        guard score != .none else {
            for key in ["pool", "target_drop"] where section?.has(key) ?? false {
                throw FederationError(
                    .inconsistentConfiguration, "reward.\(key) of a task with reward.score none",
                    hint: "leave the \(key) out, or write score: value")
            }
            return 0
        }
        let text = try section?.string("pool") ?? "1000"
        guard let pool = TokenAmount.units(text), pool > 0, pool <= LedgerLimits.cap else {
            throw root.wrong("reward.pool", "an amount such as \"12.5\", not \"\(text)\"")
        }
        return pool
    }

    private static func targetDrop(
        in section: ConfigurationSection?, _ root: ConfigurationSection
    ) throws(FederationError) -> UInt64? {
        guard let text = try section?.string("target_drop") else { return nil }
        guard let drop = NatAmount.units(text), drop > 0, drop <= UInt64(Int64.max) else {
            throw root.wrong("reward.target_drop", "nats above 0 with at most 12 places, such as 1.2, not \"\(text)\"")
        }
        return drop
    }

    static func weights(in root: ConfigurationSection) throws(FederationError) -> WeightRule {
        guard let section = try root.section("weights") else { return WeightRule() }
        try section.expectOnly(["weighting", "bound", "examples", "units"])
        let weighting = try section.word("weighting", among: ["units", "claimed"]) ?? "units"
        var rule = WeightRule(
            weighting: weighting == "claimed" ? .claimed : .units,
            exampleCount: try section.integer("examples", in: 1...FederationLimits.sampleCount))
        if let text = try section.string("bound"), text != "auto" {
            guard let length = Double(text), length > 0, length <= 1e6 else {
                throw section.wrong("bound", "auto, or a length above 0 and at most 1000000, not \"\(text)\"")
            }
            rule.bound = .length(length)
        }
        if let units = try section.section("units") {
            for key in units.names {
                guard let count = try units.integer(key, in: 1...8) else { throw units.missing(key) }
                rule.units[key] = UInt32(count)
            }
        }
        return rule
    }

    static func disclosure(in root: ConfigurationSection) throws(FederationError) -> TaskTerms.Disclosure {
        try root.word("disclosure", among: ["after-close", "live"]) == "live" ? .live : .afterClose
    }

    /// Refuses combinations that the ledger's rules refuse, in the words of the file.
    func checkTerms() throws(FederationError) {
        func require(_ condition: Bool, _ message: String, _ hint: String) throws(FederationError) {
            guard condition else { throw FederationError(.inconsistentConfiguration, message, hint: hint) }
        }
        let isOpen = trust == .open
        try require(
            !isOpen || reward.score != .samples, "trust: open cannot pay samples: they are the participant's own word",
            "write score: value, or trust: known")
        try require(
            !isOpen || weights.weighting == .units, "trust: open cannot weigh by claimed examples",
            "leave weights.weighting out, or write trust: known")
        try require(
            !isOpen || disclosure == .afterClose, "trust: open cannot disclose scores while the task runs",
            "leave disclosure out, or write trust: known")
        try require(
            reward.paidRounds == .all || reward.score == .value, "reward.paid_rounds first needs reward.score value",
            "leave paid_rounds out")
    }

    /// The lines of the task file that this extension reads.
    var rewardLines: [String] {
        let source =
            reward.sponsor.map { "source: sponsor, sponsor: \($0.text.dropFirst("sponsor/".count))" }
            ?? "source: emission"
        var parts = ["score: \(reward.score.word)"]
        if reward.score != .none {
            parts += [
                "pool: \"\(TokenAmount.text(reward.pool))\"", "target_drop: \(NatAmount.text(reward.targetDrop))",
                source, "paid_rounds: \(reward.paidRounds == .first ? "first" : "all")",
            ]
        }
        if reward.samplesCap > 0 { parts.append("samples_cap: \(reward.samplesCap)") }
        if reward.acceptsUnprovedPay { parts.append("unproved_pay: accepted") }
        var weightParts = ["weighting: \(weights.weighting == .claimed ? "claimed" : "units")"]
        switch weights.bound {
        case .automatic: weightParts.append("bound: auto")
        case .length(let length): weightParts.append("bound: \(length)")
        }
        if let count = weights.exampleCount { weightParts.append("examples: \(count)") }
        if !weights.units.isEmpty {
            let units = weights.units.sorted { $0.key < $1.key }.map { key, units in
                "\(ConfigurationSection.quoted(key)): \(units)"
            }
            // A line each: a line has a limit, and there may be many.
            weightParts.append("units: {\n    \(units.joined(separator: ",\n    ")) }")
        }
        return [
            "trust: \(trust.word)",
            "reward: { \(parts.joined(separator: ", ")) }",
            "weights: { \(weightParts.joined(separator: ", ")) }",
            "disclosure: \(disclosure == .live ? "live" : "after-close")",
            "close_after_s: \(closeAfterSeconds)",
        ]
    }
}
