internal import Datasets
package import Federation
internal import Ledger
internal import Runs

extension Scenario {
    private static let keys =
        TaskConfiguration.keys + ["data", "partition", "participants", "network", "updates"]

    private static let nestedKeys =
        TaskConfiguration.nestedKeys + [
            "data.path", "data.validation", "data.test", "partition.rule", "partition.shards", "partition.alpha",
            "partition.minimum", "partition.deal", "network.latency_ms", "network.jitter_ms", "network.bandwidth_mbps",
            "network.duplicate", "updates.retain", "updates.last", "updates.disk_budget_mb",
        ]

    /// What a scenario file, or a file with the key `data` alone, says of its data set; read before the data set is.
    ///
    /// - Throws: `FederationError` naming the key and line.
    package static func dataRule(in text: String) throws(FederationError) -> DataRule {
        let root = try ConfigurationSection(text: text)
        try root.expectOnly(keys, elsewhere: nestedKeys)
        return try dataRule(in: root)
    }

    private static func dataRule(in root: ConfigurationSection) throws(FederationError) -> DataRule {
        let data = try root.section("data")
        return DataRule(
            source: try data.map(dataSource(in:)) ?? .digits,
            validationCount: try data?.integer("validation", in: 1...SimulationLimits.validationCount) ?? 300,
            testCount: try data?.integer("test", in: 0...DatasetLimits.exampleCount) ?? 300)
    }

    /// Reads a scenario file for a data set of known shape.
    ///
    /// - Throws: `FederationError` naming the key and line.
    package init(text: String, featureCount: Int, classCount: Int) throws(FederationError) {
        let root = try ConfigurationSection(text: text)
        try root.expectOnly(Self.keys, elsewhere: Self.nestedKeys)
        task = try TaskConfiguration(section: root, featureCount: featureCount, classCount: classCount)
        let rule = try Self.dataRule(in: root)
        (data, validationCount, testCount) = (rule.source, rule.validationCount, rule.testCount)
        partitioner = try Self.partitioner(in: root)
        populations = try Self.populations(in: root)
        network = try Self.network(in: root)
        (retention, diskBudgetByteCount) = try Self.updates(in: root)
        if root.has("retain") {
            throw FederationError(
                .unknownKey, "a scenario says under updates what is kept, not with the key retain of a task file",
                hint: "write updates: { retain: last, last: 20 } instead")
        }
        let reward = try root.section("reward")
        cap = try Self.amount("cap", in: reward) ?? 1_000_000 * TokenAmount.unitsPerToken
        task.retain = promise
        try checkConsistency()
        try checkGlyphs(featureCount: featureCount, classCount: classCount)
    }

    private static func dataSource(in data: ConfigurationSection) throws(FederationError) -> DataSource {
        try data.expectOnly(["source", "path", "validation", "test"])
        let path = try data.string("path")
        // Who names a path means it.
        let source = try data.word("source", among: ["digits", "folder"]) ?? (path == nil ? "digits" : "folder")
        guard source == "folder" else {
            if path != nil { throw data.wrong("path", "left out where the source is digits") }
            return .digits
        }
        guard let path, !path.isEmpty else { throw data.missing("path") }
        return .path(path)
    }

    private static func amount(
        _ key: String, in section: ConfigurationSection?
    ) throws(FederationError) -> UInt64? {
        guard let section, let text = try section.string(key) else { return nil }
        guard let units = TokenAmount.units(text) else {
            throw section.wrong(key, "an amount such as \"12.5\", not \"\(text)\"")
        }
        return units
    }

    private static func partitioner(in root: ConfigurationSection) throws(FederationError) -> Partitioner {
        guard let section = try root.section("partition") else { return .iid }
        try section.expectOnly(["rule", "shards", "alpha", "minimum", "deal"])
        let rule = try section.word("rule", among: ["iid", "shards", "dirichlet", "quantity", "natural"]) ?? "iid"
        let alpha = try section.number("alpha", in: 1e-3...1e6) ?? 0.5
        switch rule {
        case "shards": return .shards(perParticipant: try section.integer("shards", in: 1...10_000) ?? 2)
        case "dirichlet":
            return .dirichlet(alpha: alpha, minimumCount: try section.integer("minimum", in: 1...1_000_000) ?? 1)
        case "quantity": return .quantitySkew(alpha: alpha)
        case "natural":
            let deal = try section.word("deal", among: ["drawn", "in-order"]) ?? "drawn"
            return deal == "drawn" ? .naturalKey : .naturalKeyInOrder
        default: return .iid
        }
    }

    private static func populations(in root: ConfigurationSection) throws(FederationError) -> [Population] {
        guard let sections = try root.sections("participants"), !sections.isEmpty else {
            throw root.missing("participants")
        }
        guard sections.count <= SimulationLimits.populationCount else {
            throw root.wrong("participants", "at most \(SimulationLimits.populationCount) populations")
        }
        var populations: [Population] = []
        for section in sections { populations.append(try Population(section: section)) }
        return populations
    }

    private static func network(in root: ConfigurationSection) throws(FederationError) -> Network {
        var network = Network()
        guard let section = try root.section("network") else { return network }
        try section.expectOnly(["latency_ms", "jitter_ms", "bandwidth_mbps", "duplicate", "seed"])
        network.latencyMs = try section.number("latency_ms", in: 0...3_600_000) ?? network.latencyMs
        network.jitterMs = try section.number("jitter_ms", in: 0...3_600_000) ?? network.jitterMs
        network.bandwidthMbps = try section.number("bandwidth_mbps", in: 0.001...1e6) ?? network.bandwidthMbps
        network.duplicate = try section.number("duplicate", in: 0...1) ?? 0
        network.seed = UInt64(try section.integer("seed", in: 0...Int.max) ?? 0)
        return network
    }

    private static func updates(
        in root: ConfigurationSection
    ) throws(FederationError) -> (RetentionRule, Int) {
        let section = try root.section("updates")
        try section?.expectOnly(["retain", "last", "disk_budget_mb"])
        let word = try section?.word("retain", among: ["all", "last", "none"]) ?? "all"
        let last = try section?.integer("last", in: 1...FederationLimits.roundCount) ?? 20
        let megabytes = try section?.integer("disk_budget_mb", in: 1...1_000_000) ?? 2_048
        let rule: RetentionRule =
            switch word {
            case "last": .lastRounds(last)
            case "none": .none
            default: .all
            }
        return (rule, megabytes << 20)
    }

    private func checkGlyphs(featureCount: Int, classCount: Int) throws(FederationError) {
        let fits = featureCount == PublicDigits.featureCount && classCount == PublicDigits.classCount
        guard fits || !populations.contains(where: { $0.kind == .publicData }) else {
            throw FederationError(
                .inconsistentConfiguration,
                "kind public-data draws digits of \(PublicDigits.featureCount) pixels in \(PublicDigits.classCount) "
                    + "classes; the data set has \(featureCount) features and \(classCount) classes",
                hint: "leave it out, or take the embedded digits")
        }
    }

    private func checkConsistency() throws(FederationError) {
        guard participantCount <= FederationLimits.participantCount else {
            throw FederationError(
                .inconsistentConfiguration,
                "\(participantCount) participants; the limit is \(FederationLimits.participantCount)")
        }
        guard task.cohort.quorum <= participantCount else {
            throw FederationError(
                .inconsistentConfiguration,
                "cohort.quorum \(task.cohort.quorum) is more than the \(participantCount) participants",
                hint: "no round could ever be sealed")
        }
        guard populations.contains(where: { $0.kind.holdsData }) else {
            throw FederationError(
                .inconsistentConfiguration, "no population holds data", hint: "add one of kind honest")
        }
        guard task.reward.pool <= cap else {
            throw FederationError(
                .inconsistentConfiguration, "reward.pool is more than reward.cap", hint: "raise the cap")
        }
        guard task.trust != .open || task.cohort.size >= participantCount else {
            throw FederationError(
                .inconsistentConfiguration,
                """
                cohort.size \(task.cohort.size) of \(participantCount) participants with trust: open: being invited to \
                the first rounds is what gets paid, so everybody is
                """, hint: "write cohort.size \(participantCount), or trust: known")
        }
    }
}
