package import Federation
internal import Ledger
internal import Training

/// What a participant agrees to take part in: the file `consent.yaml` in the agent's folder. A task that it does not
/// cover is declined, with the reason in the log.
///
/// **What leaves the machine**, whatever the task: the update (the difference that training made to the model's
/// parameters, on the task's grid), the number of examples trained on, the number of steps, the public key and the
/// label. Examples, labels, file names and metrics stay.
package struct Consent: Equatable, Sendable {
    /// Features and classes that a task must have; nil for any that the data fit.
    package struct Schema: Equatable, Sendable {
        package var features: Int
        package var classes: Int

        package init(features: Int, classes: Int) {
            self.features = features
            self.classes = classes
        }
    }

    package var schema: Schema?
    /// Names of tasks, with asterisks.
    package var tasks: [NamePattern]
    /// How much a task may ask to be proved: today's tasks are L0, a signed and bound update.
    package var proofLevels: Set<String>
    /// Scores that the participant is content to be paid by.
    package var scores: Set<String>
    /// What the participant is content to let the coordinator see of its updates; a file without the key accepts that
    /// they are seen in the clear.
    package var privacy: Set<PrivacyMode>
    /// Least pool of one round, in units of 10^-6 token.
    package var minimumPool: UInt64
    /// Largest model file, in megabytes (10^6 bytes).
    package var largestModelMB: Int

    /// The level of every task there is: the statement binds the update, training itself is not proved.
    package static let currentProofLevel = "L0"
    private static let allProofLevels = ["L0", "L1", "L2", "L3", "LN"]
    private static let allScores = ["samples", "path", "path-novel"]
    private static let modelMB = 1...68_719

    /// Consent to every task that the data fit.
    package init(schema: Schema?) {
        self.schema = schema
        tasks = [NamePattern("*")]
        proofLevels = Set(Self.allProofLevels)
        scores = Set(Self.allScores)
        privacy = [.inTheClear]
        minimumPool = 0
        largestModelMB = 1_000
    }

    /// Reads the file.
    ///
    /// - Throws: `AgentError` with code `invalidSettings`, naming the key and line.
    package init(text: String) throws(AgentError) {
        do {
            try self.init(section: ConfigurationSection(text: text))
        } catch {
            throw AgentError(.invalidSettings, "consent.yaml: \(error.message)", hint: error.hint)
        }
    }

    private init(section root: ConfigurationSection) throws(FederationError) {
        try root.expectOnly(
            ["schema", "tasks", "proof_levels", "privacy", "reward", "model"],
            elsewhere: [
                "schema.features", "schema.classes", "reward.minimum_per_round", "reward.scores", "model.max_mb",
            ])
        self.init(schema: nil)
        if let section = try root.section("schema") {
            try section.expectOnly(["features", "classes"])
            guard let features = try section.integer("features", in: 1...Int(Int32.max)) else {
                throw section.missing("features")
            }
            guard let classes = try section.integer("classes", in: 1...256) else { throw section.missing("classes") }
            schema = Schema(features: features, classes: classes)
        }
        if let names = try root.strings("tasks") { tasks = names.map { NamePattern($0) } }
        proofLevels = try Self.words("proof_levels", of: root, among: Self.allProofLevels) ?? proofLevels
        let modes = try Self.words("privacy", of: root, among: PrivacyMode.allCases.map(\.rawValue))
        if let modes { privacy = Set(modes.compactMap(PrivacyMode.init(rawValue:))) }
        if let section = try root.section("reward") {
            try section.expectOnly(["minimum_per_round", "scores"])
            scores = try Self.words("scores", of: section, among: Self.allScores) ?? scores
            if let text = try section.string("minimum_per_round") {
                guard let units = TokenAmount.units(text) else {
                    throw section.wrong("minimum_per_round", "an amount such as \"12.5\", not \"\(text)\"")
                }
                minimumPool = units
            }
        }
        if let section = try root.section("model") {
            try section.expectOnly(["max_mb"])
            largestModelMB = try section.integer("max_mb", in: Self.modelMB) ?? largestModelMB
        }
    }

    private static func words(
        _ key: String, of section: ConfigurationSection, among known: [String]
    ) throws(FederationError) -> Set<String>? {
        guard let words = try section.strings(key) else { return nil }
        if let bad = words.first(where: { !known.contains($0) }) {
            throw section.wrong(key, "a list of \(known.joined(separator: ", ")), not \"\(bad)\"")
        }
        return Set(words)
    }

    /// Why a task is not covered, as the end of a sentence; nil where it is.
    package func objection(to task: TaskConfiguration) -> String? {
        if let schema {
            let architecture = task.architecture
            guard architecture.inputCount == schema.features, architecture.classCount == schema.classes else {
                return """
                    it is for \(architecture.inputCount) features and \(architecture.classCount) classes, consent.yaml \
                    has \(schema.features) and \(schema.classes)
                    """
            }
        }
        guard tasks.contains(where: { $0.matches(task.name) }) else {
            return "no pattern under tasks in consent.yaml matches \"\(task.name)\""
        }
        guard proofLevels.contains(Self.currentProofLevel) else {
            return "it is of proof level \(Self.currentProofLevel), which is not in proof_levels in consent.yaml"
        }
        guard privacy.contains(task.privacy) else {
            let sees = task.privacy == .inTheClear ? " (the coordinator sees updates in the clear)" : ""
            return "its privacy is \"\(task.privacy.rawValue)\"\(sees), which is not in privacy in consent.yaml"
        }
        let score = Self.word(for: task.reward.score)
        guard scores.contains(score) else {
            return "it pays by the score \"\(score)\", which is not in reward.scores in consent.yaml"
        }
        guard task.reward.poolPerRound >= minimumPool else {
            return """
                a round pays \(TokenAmount.text(task.reward.poolPerRound)), less than the \
                \(TokenAmount.text(minimumPool)) of reward.minimum_per_round in consent.yaml
                """
        }
        let byteCount = ParameterBlob(layout: task.architecture.parameterLayout).byteCount
        guard byteCount <= largestModelMB * 1_000_000 else {
            return """
                its model has \(byteCount) bytes, more than the \(largestModelMB) MB of model.max_mb in consent.yaml
                """
        }
        return nil
    }

    private static func word(for score: RewardRule.Score) -> String {
        switch score {
        case .samples: "samples"
        case .path: "path"
        case .pathNovel: "path-novel"
        }
    }

    /// The file, with a word on every key.
    package var text: String {
        var lines = [
            "# What this machine takes part in. The agent declines every task that this file does not cover.",
            "# Examples and labels never leave the machine. What is sent: the change of the model's parameters, how",
            "# many examples and steps it took, the public key and the label.", "",
        ]
        if let schema {
            lines.append("# The tasks' data must look like this.")
            lines.append("schema: { features: \(schema.features), classes: \(schema.classes) }")
        }
        lines += [
            "# Names of tasks; * stands for anything.",
            "tasks: [\(tasks.map { "\"\($0.text)\"" }.joined(separator: ", "))]",
            "# How training is proved: L0 is a signed update, and no more of the data or the machine.",
            "proof_levels: [\(Self.allProofLevels.filter(proofLevels.contains).joined(separator: ", "))]",
            "# How updates are kept from the coordinator: none is not at all, it sees every one in the clear.",
            "privacy: [\(PrivacyMode.allCases.filter(privacy.contains).map(\.rawValue).joined(separator: ", "))]",
            "# Least that all participants of a round share, in tokens, and the scores to be paid by.",
            """
            reward: { minimum_per_round: "\(TokenAmount.text(minimumPool))", \
            scores: [\(Self.allScores.filter(scores.contains).joined(separator: ", "))] }
            """,
            "# Largest model, in megabytes.", "model: { max_mb: \(largestModelMB) }",
        ]
        return lines.joined(separator: "\n") + "\n"
    }
}
