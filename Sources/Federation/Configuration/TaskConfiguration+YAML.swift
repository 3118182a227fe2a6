internal import Ledger
internal import Tensors
internal import Training

extension TaskConfiguration {
    /// The keys of a task file that describe the task itself; a scenario file has the same and more.
    package static let keys = [
        "name", "seed", "model", "training", "rounds", "stop", "cohort", "server", "grid", "trust", "reward",
        "weights", "disclosure", "close_after_s", "privacy", "retain",
    ]

    /// The keys below those, for whoever writes one in the wrong place.
    package static let nestedKeys = [
        "model.hidden", "training.epochs", "training.batch", "training.learning_rate", "training.momentum",
        "training.weight_decay", "training.proximal", "stop.accuracy", "cohort.size", "cohort.quorum",
        "cohort.over_selection", "cohort.deadline_s", "grid.fraction_bits", "reward.score", "reward.pool",
        "reward.target_drop", "reward.source", "reward.sponsor", "reward.cap", "reward.paid_rounds",
        "reward.samples_cap", "reward.unproved_pay", "weights.weighting", "weights.bound", "weights.examples",
        "weights.units",
    ]

    /// Reads a task file: all keys of `yaml`, and `schema`.
    ///
    /// - Throws: `FederationError` naming the key and line.
    package init(text: String) throws(FederationError) {
        let root = try ConfigurationSection(text: text)
        try root.expectOnly(Self.keys + ["schema"], elsewhere: Self.nestedKeys)
        guard let schema = try root.section("schema") else { throw root.missing("schema") }
        try schema.expectOnly(["features", "classes"])
        guard let features = try schema.integer("features", in: 1...TensorLimits.parameterCount) else {
            throw schema.missing("features")
        }
        guard let classes = try schema.integer("classes", in: 1...256) else { throw schema.missing("classes") }
        try self.init(section: root, featureCount: features, classCount: classes)
    }

    /// Reads the task's part of a file whose data set is known.
    package init(section root: ConfigurationSection, featureCount: Int, classCount: Int) throws(FederationError) {
        guard let name = try root.string("name") else { throw root.missing("name") }
        guard Self.isName(name) else {
            throw root.wrong("name", Self.nameRule)
        }
        self.name = name
        seed = UInt64(try root.integer("seed", in: 0...Int.max) ?? 1)
        roundCount = try root.integer("rounds", in: 1...FederationLimits.roundCount) ?? 30
        architecture = try Self.architecture(in: root, featureCount: featureCount, classCount: classCount)
        training = try Self.training(in: root)
        let stop = try root.section("stop")
        try stop?.expectOnly(["accuracy"])
        // In parts per million at least one: 0 is what a task has before its first round.
        stopAccuracy = try stop?.number("accuracy", in: 1e-6...1)
        cohort = try Self.cohort(in: root)
        let server = try root.section("server")
        try server?.expectOnly(["learning_rate", "momentum"])
        self.server = ServerRule(
            learningRate: try server?.number("learning_rate", in: 1e-6...100) ?? 1,
            momentum: try server?.number("momentum", in: 0...0.9999) ?? 0
        )
        let gridSection = try root.section("grid")
        try gridSection?.expectOnly(["fraction_bits"])
        let bits = try gridSection?.integer("fraction_bits", in: Grid.allowedFractionBits) ?? 24
        do { grid = try Grid(fractionBits: bits) } catch { throw FederationError(.invalidValue, error.message) }
        trust = try Self.trust(in: root)
        reward = try Self.reward(in: root, roundCount: roundCount, classCount: classCount)
        weights = try Self.weights(in: root)
        disclosure = try Self.disclosure(in: root)
        closeAfterSeconds =
            try root.integer("close_after_s", in: 1...31_536_000) ?? Self.defaultCloseAfter(roundCount, cohort)
        privacy = try Self.privacy(in: root)
        retain = try Self.retain(in: root)
        try checkTerms()
    }

    static let nameRule = "1 to 64 letters, digits, dots, dashes or underscores, the first a letter or digit"

    /// Whether a name fits files, accounts and YAML without quotes.
    static func isName(_ text: String) -> Bool {
        guard (1...64).contains(text.utf8.count), let first = text.utf8.first else { return false }
        return text.utf8.allSatisfy(isNameByte) && !"._-".utf8.contains(first)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func architecture(
        in root: ConfigurationSection,
        featureCount: Int,
        classCount: Int
    ) throws(FederationError) -> ModelArchitecture {
        let section = try root.section("model")
        try section?.expectOnly(["hidden"])
        let hidden = try section?.integers("hidden", in: 1...1_048_576) ?? []
        do {
            return try ModelArchitecture(inputCount: featureCount, hiddenCounts: hidden, classCount: classCount)
        } catch {
            throw FederationError(.invalidValue, "model: \(error)")
        }
    }

    private static func training(in root: ConfigurationSection) throws(FederationError) -> TrainingConfiguration {
        let section = try root.section("training")
        try section?.expectOnly(["epochs", "batch", "learning_rate", "momentum", "weight_decay", "proximal"])
        let epochs = try section?.integer("epochs", in: 1...10_000) ?? 1
        let batch = try section?.integer("batch", in: 1...65_536) ?? 10
        let rate = try section?.number("learning_rate", in: 1e-9...1_000) ?? 0.1
        let momentum = try section?.number("momentum", in: 0...0.9999) ?? 0
        let decay = try section?.number("weight_decay", in: 0...10) ?? 0
        let proximal = try section?.number("proximal", in: 0...1_000) ?? 0
        do {
            return try TrainingConfiguration(
                epochs: epochs,
                batchSize: batch,
                learningRate: Float(rate),
                momentum: Float(momentum),
                weightDecay: Float(decay),
                proximal: Float(proximal)
            )
        } catch {
            throw FederationError(.invalidValue, "training: \(error)")
        }
    }

    private static func cohort(in root: ConfigurationSection) throws(FederationError) -> CohortRule {
        guard let section = try root.section("cohort") else { throw root.missing("cohort") }
        try section.expectOnly(["size", "quorum", "over_selection", "deadline_s"])
        guard let size = try section.integer("size", in: 1...FederationLimits.participantCount) else {
            throw section.missing("size")
        }
        let quorum = try section.integer("quorum", in: 1...FederationLimits.participantCount) ?? (size + 1) / 2
        guard quorum <= size else {
            throw FederationError(
                .inconsistentConfiguration,
                "cohort.quorum \(quorum) is more than cohort.size \(size)",
                hint: "no round could ever be sealed"
            )
        }
        let rule = CohortRule(
            size: size,
            quorum: quorum,
            overSelection: try section.number("over_selection", in: 1...10) ?? 1,
            deadlineSeconds: try section.integer("deadline_s", in: 1...FederationLimits.deadlineSeconds) ?? 60
        )
        guard rule.invitationCount <= FederationLimits.participantCount else {
            throw section.wrong("over_selection", "such that at most \(FederationLimits.participantCount) are invited")
        }
        return rule
    }

    private static func privacy(in root: ConfigurationSection) throws(FederationError) -> PrivacyMode {
        guard let word = try root.string("privacy") else { return .inTheClear }
        guard let mode = PrivacyMode(rawValue: word), mode.isSupported else {
            let supported = PrivacyMode.allCases.filter(\.isSupported).map(\.rawValue).joined(separator: ", ")
            throw root.wrong("privacy", "\(supported), not \"\(word)\": no other way is supported yet")
        }
        return mode
    }

    private static func retain(in root: ConfigurationSection) throws(FederationError) -> UpdatePromise {
        guard let text = try root.string("retain") else { return .all }
        guard let promise = UpdatePromise(text) else {
            throw root.wrong("retain", "all, none, or \"last 20\" for the last twenty rounds, not \"\(text)\"")
        }
        return promise
    }

    /// The task file, complete: what is digested, signed against and stored on the ledger.
    package var text: String {
        var lines = [
            "name: \(name)", "seed: \(seed)",
            "schema: { features: \(architecture.inputCount), classes: \(architecture.classCount) }",
            "model: { hidden: [\(architecture.hiddenCounts.map(String.init).joined(separator: ", "))] }",
            """
            training: { epochs: \(training.epochs), batch: \(training.batchSize), \
            learning_rate: \(training.learningRate), momentum: \(training.momentum), \
            weight_decay: \(training.weightDecay), proximal: \(training.proximal) }
            """,
            "rounds: \(roundCount)",
        ]
        if let stopAccuracy { lines.append("stop: { accuracy: \(stopAccuracy) }") }
        lines += [
            """
            cohort: { size: \(cohort.size), quorum: \(cohort.quorum), over_selection: \(cohort.overSelection), \
            deadline_s: \(cohort.deadlineSeconds) }
            """,
            "server: { learning_rate: \(server.learningRate), momentum: \(server.momentum) }",
            "grid: { fraction_bits: \(grid.fractionBits) }",
        ]
        lines += rewardLines
        // A task that says nothing of it has the id that it had before there was the key.
        if privacy != .inTheClear { lines.append("privacy: \(privacy.rawValue)") }
        if retain != .all { lines.append("retain: \(retain)") }
        return lines.joined(separator: "\n") + "\n"
    }
}
