package import Federation
internal import Ledger
internal import Training

/// What a participant agrees to take part in: the file `consent.yaml` in the agent's folder. A task that it does not
/// cover is declined, with the reason in the log.
///
/// **What leaves the machine**, whatever the task: the update (the difference that training made to the model's
/// parameters, on the task's grid), the number of examples trained on, the number of steps, the public key and the
/// label. Examples, labels, file names and metrics stay. The coordinator sees the update at once; auditors whom its
/// operator lists may read it after the task is closed.
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
    /// How far a task may trust its participants, which decides the rule that it pays by: `known`, `open`.
    package var trusts: Set<String>
    /// Scores that the participant is content to be paid by: `value`, `samples`, `none`.
    package var scores: Set<String>
    /// Whether it takes part where a task pays although anybody may register and nobody proves training.
    package var acceptsUnprovedPay: Bool
    /// What the participant is content to let the coordinator see of its updates; a file without the key accepts that
    /// they are seen in the clear.
    package var privacy: Set<PrivacyMode>
    /// Least amount that is set aside for a whole task, in units of 10^-6 token.
    package var minimumPool: UInt64
    /// Least amount that is set aside for a task, divided by its rounds, in units of 10^-6 token.
    package var minimumPerRound: UInt64
    /// Largest model file, in megabytes (10^6 bytes).
    package var largestModelMB: Int

    /// The level of every task there is: the statement binds the update, training itself is not proved.
    package static let currentProofLevel = "L0"
    static let allProofLevels = ["L0", "L1", "L2", "L3", "LN"]
    static let allTrusts = ["known", "open"]
    static let allScores = ["value", "samples", "none"]
    private static let unprovedPayWords = ["accepted", "declined"]
    private static let modelMB = 1...68_719

    /// Consent to every task that the data fit.
    package init(schema: Schema?) {
        self.schema = schema
        tasks = [NamePattern("*")]
        proofLevels = Set(Self.allProofLevels)
        trusts = Set(Self.allTrusts)
        scores = Set(Self.allScores)
        acceptsUnprovedPay = true
        privacy = [.inTheClear]
        minimumPool = 0
        minimumPerRound = 0
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
            ["schema", "tasks", "proof_levels", "privacy", "trust", "unproved_pay", "reward", "model"],
            elsewhere: [
                "schema.features", "schema.classes", "reward.minimum_pool", "reward.minimum_per_round",
                "reward.scores", "model.max_mb",
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
        trusts = try Self.words("trust", of: root, among: Self.allTrusts) ?? trusts
        if let word = try root.word("unproved_pay", among: Self.unprovedPayWords) {
            acceptsUnprovedPay = word == "accepted"
        }
        if let section = try root.section("reward") {
            try section.expectOnly(["minimum_pool", "minimum_per_round", "scores"])
            try Self.refuseOldScores(section)
            scores = try Self.words("scores", of: section, among: Self.allScores) ?? scores
            minimumPool = try Self.amount("minimum_pool", of: section) ?? minimumPool
            minimumPerRound = try Self.amount("minimum_per_round", of: section) ?? minimumPerRound
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

    private static func amount(_ key: String, of section: ConfigurationSection) throws(FederationError) -> UInt64? {
        guard let text = try section.string(key) else { return nil }
        guard let units = TokenAmount.units(text) else {
            throw section.wrong(key, "an amount such as \"12.5\", not \"\(text)\"")
        }
        return units
    }

    /// Refuses the scores of rules version 1, each with what takes its place.
    private static func refuseOldScores(_ section: ConfigurationSection) throws(FederationError) {
        let old = try section.strings("scores")?.first { $0 == "path" || $0 == "path-novel" }
        guard let old else { return }
        throw FederationError(
            .invalidValue, "reward.scores names \"\(old)\", a score of rules version 1 that no task pays by any more",
            hint: """
                write value in its place; trust: [known] accepts the rule that pays the whole value alone, \
                trust: [open] the one that pays what is new
                """)
    }
}
