import Attestation
import Federation
import Foundation
import Ledger
import Tensors
import TestSupport
import Testing
import Training

@Suite("Task files")
struct TaskConfigurationTests {
    private static let minimal = "name: a\nschema: { features: 4, classes: 2 }\ncohort: { size: 3 }\n"

    private func failure(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) -> FederationError? {
        #expect(throws: FederationError.self, sourceLocation: sourceLocation) { try TaskConfiguration(text: text) }
    }

    @Test("Every key is read")
    func everyKey() throws {
        let task = try TaskConfiguration(
            text: """
                # A comment, with *stars* & ampersands.
                name: my-task_1.0
                seed: 42
                schema: { features: 784, classes: 10 }
                model: { hidden: [200, 100] }
                training: { epochs: 2, batch: 16, learning_rate: 0.05, momentum: 0.5,
                  weight_decay: 0.001, proximal: 0.01 }
                rounds: 77
                stop: { accuracy: 0.97 }
                cohort: { size: 10, quorum: 4, over_selection: 1.3, deadline_s: 5 }
                server: { learning_rate: 0.9, momentum: 0.8 }
                grid: { fraction_bits: 20 }
                trust: known
                reward: { score: samples, pool: "12.5", target_drop: 0.75, source: sponsor, sponsor: acme,
                  paid_rounds: all, samples_cap: 600, unproved_pay: accepted }
                weights: { weighting: claimed, bound: 2.5, examples: 500, units: { "ward 7": 8, b: 1 } }
                disclosure: live
                close_after_s: 7200
                """
        )
        #expect(task.name == "my-task_1.0" && task.seed == 42 && task.roundCount == 77 && task.stopAccuracy == 0.97)
        #expect(task.architecture.inputCount == 784 && task.architecture.classCount == 10)
        #expect(task.architecture.hiddenCounts == [200, 100])
        #expect(task.training.epochs == 2 && task.training.batchSize == 16 && task.training.learningRate == 0.05)
        #expect(task.training.momentum == 0.5 && task.training.weightDecay == 0.001 && task.training.proximal == 0.01)
        #expect(
            task.cohort == TaskConfiguration.CohortRule(size: 10, quorum: 4, overSelection: 1.3, deadlineSeconds: 5)
        )
        #expect(task.cohort.invitationCount == 13)
        #expect(task.server == TaskConfiguration.ServerRule(learningRate: 0.9, momentum: 0.8))
        #expect(task.grid.fractionBits == 20)
        #expect(
            task.reward
                == TaskReward(
                    score: .samples, pool: 12_500_000, targetDrop: 750_000_000_000,
                    sponsor: try AccountName("sponsor/acme"), paidRounds: .all, samplesCap: 600,
                    acceptsUnprovedPay: true))
        #expect(
            task.weights
                == WeightRule(
                    weighting: .claimed, bound: .length(2.5), exampleCount: 500, units: ["ward 7": 8, "b": 1]))
        #expect(task.trust == .known && task.disclosure == .live && task.closeAfterSeconds == 7_200)
        #expect(try TaskConfiguration(text: task.text) == task)
    }

    @Test("What a file leaves out has its default")
    func defaults() throws {
        let task = try TaskConfiguration(text: Self.minimal)
        #expect(task.seed == 1 && task.roundCount == 30 && task.stopAccuracy == nil)
        #expect(task.architecture.hiddenCounts.isEmpty)
        #expect(task.training.epochs == 1 && task.training.batchSize == 10 && task.training.learningRate == 0.1)
        #expect(
            task.cohort == TaskConfiguration.CohortRule(size: 3, quorum: 2, overSelection: 1, deadlineSeconds: 60)
        )
        #expect(task.server == TaskConfiguration.ServerRule(learningRate: 1, momentum: 0))
        #expect(task.grid == .standard)
        // Half of ln 2 nat, what guessing costs with two classes.
        #expect(task.reward == TaskReward(score: .value, pool: 1_000_000_000, targetDrop: 346_573_590_280))
        #expect(task.reward.sponsor == nil && task.reward.paidRounds == .all && task.reward.samplesCap == 0)
        #expect(!task.reward.acceptsUnprovedPay)
        #expect(task.trust == .known && task.disclosure == .afterClose)
        #expect(task.weights == WeightRule(weighting: .units, bound: .automatic, exampleCount: nil, units: [:]))
        #expect(TaskReward.defaultTargetDrop(classCount: 1) == TaskReward.defaultTargetDrop(classCount: 2))
        #expect(TaskReward.defaultTargetDrop(classCount: 10) == 1_151_292_546_497)
        #expect(task.closeAfterSeconds == 86_400, "a day at least")
        let long = try TaskConfiguration(text: Self.minimal + "rounds: 1000\n")
        #expect(long.closeAfterSeconds == 120_000, "twice the time of all rounds")
        let slow = Self.minimal.replacing("size: 3", with: "size: 3, deadline_s: 604800") + "rounds: 100\n"
        #expect(try TaskConfiguration(text: slow).closeAfterSeconds == 31_536_000, "a year at most")
    }

    @Test("A task that says that updates are seen in the clear is the task that does not say it, with the same id")
    func privacyInTheClear() throws {
        let silent = try TaskConfiguration(text: Self.minimal)
        let plain = try TaskConfiguration(text: Self.minimal + "privacy: none\n")
        #expect(silent.privacy == .inTheClear)
        #expect(plain == silent && plain.text == silent.text)
        #expect(!silent.text.contains("privacy"))
    }

    @Test(
        "A privacy that there is not yet is refused with what there is",
        arguments: ["secure-aggregation", "differential-privacy", "full", "None", "\"\""])
    func privacyNotSupported(word: String) throws {
        let error = try #require(failure(Self.minimal + "privacy: \(word)\n"))
        #expect(error.code == .invalidValue)
        #expect(error.message.contains("privacy must be none, not"))
        #expect(error.message.contains("no other way is supported yet (line 4)"))
    }

    @Test("A task's text, read back, is the task")
    func roundTrip() throws {
        var tasks = RandomTask(seed: 1)
        for _ in 0..<1_000 {
            let task = try tasks.next()
            #expect(try TaskConfiguration(text: task.text) == task)
            #expect(try TaskConfiguration(text: task.text).text == task.text)
        }
    }

    @Test("The task part of every scenario is read", .enabled(if: ScenarioFiles.arePresent, "no Simulations folder"))
    func scenarios() throws {
        let texts = try ScenarioFiles.texts()
        #expect(texts.count >= 5)
        for text in texts {
            let root = try ConfigurationSection(text: text)
            let task = try TaskConfiguration(section: root, featureCount: 64, classCount: 10)
            #expect(try TaskConfiguration(text: task.text) == task)
        }
    }

    @Test("Lines may end as on any system")
    func lineEnds() throws {
        let padded =
            Self.minimal + String(repeating: "# a comment of some length to pass the limit of a line\n", count: 40)
        let task = try TaskConfiguration(text: padded)
        #expect(try TaskConfiguration(text: padded.replacingOccurrences(of: "\n", with: "\r\n")) == task)
    }

    @Test(
        "An unknown key is an error that names the nearest known one",
        arguments: [
            ("cohrot: 1", "cohrot", "did you mean \"cohort\"?"), ("round: 3", "round", "did you mean \"rounds\"?"),
            ("reward: { pol: 3 }", "reward.pol", "\"pool\""),
            ("reward: { price: 3 }", "reward.price", "known keys"),
            ("reward: { sample_cap: 3 }", "reward.sample_cap", "\"samples_cap\""),
            ("weights: { boundd: 3 }", "weights.boundd", "\"bound\""),
            ("weights: { factor: 1.5 }", "weights.factor", "known keys"),
            ("disclosures: live", "disclosures", "did you mean \"disclosure\"?"),
            ("close_after: 3", "close_after", "did you mean \"close_after_s\"?"),
            ("pool: 3", "pool", "did you mean \"reward.pool\"?"),
            ("training: { learning-rate: 3 }", "training.learning-rate", "\"learning_rate\""),
            ("model: { hiden: [3] }", "model.hiden", "\"hidden\""), ("grid: { bits: 3 }", "grid.bits", "fraction_bits"),
            ("server: { momentun: 3 }", "server.momentun", "\"momentum\""),
            ("privaci: none", "privaci", "did you mean \"privacy\"?"),
            ("stop: { acuracy: 1 }", "stop.acuracy", "\"accuracy\""),
            ("data: { source: digits }", "data", "known keys"),
        ]
    )
    func unknownKeys(line: String, key: String, hint: String) throws {
        let error = try #require(failure(Self.minimal + line + "\n"))
        #expect(error.code == .unknownKey)
        #expect(error.message.contains("unknown key \(key) (line 4)"))
        #expect(error.hint?.contains(hint) == true)
    }

    @Test(
        "A value of the wrong type or out of its range is an error that names key and line",
        arguments: [
            "seed: -1", "seed: 1.5", "seed: x", "seed: 9223372036854775808", "seed: [1]", "seed: { a: 1 }", "seed:",
            "rounds: 0", "rounds: 65537", "rounds: 1e3", "rounds: \"\"", "stop: 0.9", "stop: { accuracy: 1.01 }",
            "stop: { accuracy: nan }", "stop: { accuracy: -0.1 }", "model: [200]", "model: { hidden: 200 }",
            "model: { hidden: [0] }", "model: { hidden: [[1]] }", "model: { hidden: [1048577] }",
            "model: { hidden: [x] }",
            "model: { hidden: [1048576, 1048576] }", "training: { epochs: 0 }", "training: { batch: 65537 }",
            "training: { learning_rate: 0 }", "training: { learning_rate: inf }", "training: { learning_rate: 1e-300 }",
            "training: { momentum: 1 }", "training: { weight_decay: -1 }", "training: { proximal: 1001 }",
            "training: 3",
            "server: { learning_rate: 0 }", "server: { momentum: 1.0 }", "grid: { fraction_bits: 31 }",
            "grid: { fraction_bits: 7 }", "reward: { score: novel }", "reward: { pool: \"0\" }",
            "reward: { pool: \"1.0000001\" }", "reward: { pool: -1 }", "reward: { pool: 9223372036854.775808 }",
            "reward: { pool: \"99999999999999999999\" }", "reward: { target_drop: 0 }",
            "reward: { target_drop: -1 }", "reward: { target_drop: 1e3 }", "reward: { target_drop: 0.0000000000001 }",
            "reward: { target_drop: 9223372.036854775808 }", "reward: { paid_rounds: last }",
            "reward: { samples_cap: 0 }", "reward: { samples_cap: 16777217 }", "reward: { unproved_pay: yes }",
            "reward: { unproved_pay: true }", "reward: { source: lottery }", "trust: nobody", "trust: proved",
            "trust: [open]", "disclosure: never", "close_after_s: 0", "close_after_s: 31536001", "close_after_s: 1.5",
            "weights: { weighting: equal }", "weights: { bound: 0 }", "weights: { bound: -1 }",
            "weights: { bound: nan }", "weights: { bound: 1000001 }", "weights: { bound: automatic }",
            "weights: { examples: 0 }", "weights: { examples: 16777217 }", "weights: { units: 4 }",
            "weights: { units: { a: 0 } }", "weights: { units: { a: 9 } }", "weights: { units: { a: 1.5 } }",
            "weights: { units: { a: [4] } }", "weights: 4",
            "reward: { source: sponsor, sponsor: \"a b\" }", "reward: { sponsor: \"\" }", "reward: { sponsor: \"-\" }",
        ]
    )
    func wrongValues(line: String) throws {
        let error = try #require(failure(Self.minimal + line + "\n"))
        #expect(error.code == .invalidValue)
        let key = try #require(line.split(separator: ":").first)
        #expect(error.message.contains(key))
    }

    @Test(
        "A word of rules version 1 is refused with what takes its place",
        arguments: [
            ("score: path", .invalidValue, "reward.score \"path\"", "write score: value, and trust: known"),
            ("score: path-novel", .invalidValue, "reward.score \"path-novel\"", "trust: open"),
            ("pool_per_round: \"12.5\"", .unknownKey, "reward.pool_per_round", "write pool: \"375.000000\""),
            ("pool_per_round: \"99999999999999999999\"", .unknownKey, "reward.pool_per_round", "pool: \"400\""),
            ("epoch_rounds: 7", .unknownKey, "reward.epoch_rounds", "leave it out"),
            ("escrow: \"100\"", .unknownKey, "reward.escrow", "reward.pool"),
        ] as [(String, FederationError.Code, String, String)]
    )
    func oldWords(line: String, code: FederationError.Code, word: String, hint: String) throws {
        let error = try #require(failure(Self.minimal + "reward: { \(line) }\n"))
        #expect(error.code == code)
        #expect(error.message.contains(word) && error.message.contains("version 1"))
        #expect(error.hint?.contains(hint) == true, "\(error.hint ?? "")")
    }

    @Test("Trust that rests on proofs of training is refused with what may be written")
    func provedTrust() throws {
        let error = try #require(failure(Self.minimal + "trust: proved\n"))
        #expect(error.message.contains("L2") && error.hint?.contains("trust: open") == true)
    }

    @Test(
        "Values that do not go together are refused with what may be left out",
        arguments: [
            ("trust: open\nreward: { score: samples }", "samples", "score: value"),
            ("trust: open\nweights: { weighting: claimed }", "claimed", "weights.weighting"),
            ("trust: open\ndisclosure: live", "disclose", "disclosure"),
            ("reward: { score: samples, paid_rounds: first }", "paid_rounds", "leave paid_rounds out"),
            ("reward: { score: none, paid_rounds: first }", "paid_rounds", "leave paid_rounds out"),
            ("reward: { score: none, pool: \"5\" }", "pool", "leave the pool out"),
            ("reward: { score: none, target_drop: 2 }", "target_drop", "leave the target_drop out"),
        ]
    )
    func combinations(lines: String, word: String, hint: String) throws {
        let error = try #require(failure(Self.minimal + lines + "\n"))
        #expect(error.code == .inconsistentConfiguration)
        #expect(error.message.contains(word))
        #expect(error.hint?.contains(hint) == true, "\(error.hint ?? "")")
    }

    @Test(
        "What a trust allows can be written, and is read back",
        arguments: [
            "trust: open\nreward: { paid_rounds: first }", "trust: open\nreward: { score: none }",
            "reward: { score: samples }\nweights: { weighting: claimed }\ndisclosure: live",
            "reward: { score: none }\nweights: { weighting: claimed }",
        ])
    func allowed(lines: String) throws {
        let task = try TaskConfiguration(text: Self.minimal + lines + "\n")
        #expect(try TaskConfiguration(text: task.text) == task)
    }

    @Test("A task whose participants have long and strange labels is read back from its text")
    func longUnits() throws {
        var task = try Fixtures.task()
        for number in 0..<100 {
            let label = "\(number) " + String(repeating: "a\"\\\u{1}\n{[*&é", count: 5)
            task.weights.units[label] = UInt32(1 + number % 8)
        }
        #expect(try TaskConfiguration(text: task.text) == task)
    }

    @Test("The terms that a task is opened with say what its file says")
    func terms() throws {
        let sponsor = try AccountName("sponsor/acme")
        let secret = TaskSecret(SHA256.hash(Array("secret".utf8)))
        let task = try Fixtures.task(
            rounds: 77, trust: .open,
            reward: TaskReward(
                pool: 5, targetDrop: 6, sponsor: sponsor, paidRounds: .first, samplesCap: 7, acceptsUnprovedPay: true),
            closeAfterSeconds: 90)
        let terms = task.terms(normBoundSquared: 8, openedAtMs: 1_000, secret: secret)
        #expect(
            terms
                == TaskTerms(
                    trust: .open, score: .value, weighting: .units, disclosure: .afterClose, paidRounds: .first,
                    roundCount: 77, pool: 5, targetDrop: 6, sponsor: sponsor, samplesCap: 7, normBoundSquared: 8,
                    closeByMs: 91_000, secretCommitment: secret.commitment, acceptsUnprovedPay: true))
        #expect(terms.withholdsScores)
        #expect(
            task.terms(normBoundSquared: 8, openedAtMs: 1_000, secretCommitment: secret.commitment) == terms)
        let free = try Fixtures.task(reward: TaskReward(score: .none, pool: 0, targetDrop: 6), disclosure: .live)
        let freeTerms = free.terms(normBoundSquared: 8, openedAtMs: 0, secret: secret)
        #expect(freeTerms.targetDrop == 0 && freeTerms.disclosure == .live && !freeTerms.withholdsScores)
    }

    @Test("The model of the first round follows from the start's first eight bytes")
    func initialModel() throws {
        let task = try Fixtures.task()
        let start = try Digest(bytes: [0, 0, 0, 0, 0, 0, 1, 2] + [UInt8](repeating: 9, count: 24))
        #expect(task.initialModel(start: start).floats == task.architecture.initialParameters(seed: 258).floats)
        #expect(task.initialModel(start: .zero).floats != task.initialModel(start: start).floats)
    }

    @Test("A task file of rules version 1 is still read, with what it says of rewards beside it, but not as a new task")
    func version1() throws {
        let text = """
            name: old
            seed: 3
            schema: { features: 4, classes: 2 }
            cohort: { size: 3 }
            reward: { score: path-novel, pool_per_round: "2.5", epoch_rounds: 7, source: sponsor, sponsor: acme }

            """
        let task = try TaskConfiguration(version1Text: text)
        #expect(task.name == "old" && task.seed == 3 && task.cohort.size == 3)
        #expect(task.reward.score == .none && task.weights.weighting == .claimed)
        let rule = Version1Reward(text: Array(text.utf8))
        let expected = RewardRule(
            score: .pathNovel, poolPerRound: 2_500_000, epochRounds: 7, sponsor: try AccountName("sponsor/acme"))
        #expect(rule.map { $0 == expected } == true)
        let other = RewardRule(score: .path, poolPerRound: 2_500_000, epochRounds: 7)
        #expect(rule.map { $0 == other } == false)
        #expect(Version1Reward(text: Array(Self.minimal.utf8)) == nil)
        #expect(failure(text)?.code == .invalidValue)
    }

    @Test(
        "A file whose parts are missing or do not fit is refused",
        arguments: [
            ("", .malformedConfiguration), ("# nothing", .malformedConfiguration),
            ("just words", .malformedConfiguration),
            ("- 1\n- 2\n", .malformedConfiguration), ("a: [1", .malformedConfiguration),
            ("a: 1\n---\nb: 2\n", .malformedConfiguration),
            ("name: a\ncohort: { size: 1 }\n", .missingKey),
            ("name: a\nschema: { features: 1, classes: 2 }\n", .missingKey),
            ("schema: { features: 1, classes: 2 }\ncohort: { size: 1 }\n", .missingKey),
            ("name: a\nschema: { classes: 2 }\ncohort: { size: 1 }\n", .missingKey),
            ("name: a\nschema: { features: 1 }\ncohort: { size: 1 }\n", .missingKey),
            ("name: a\nschema: { features: 1, classes: 2 }\ncohort: { quorum: 1 }\n", .missingKey),
            (
                "name: a\nschema: { features: 1, classes: 2 }\ncohort: { size: 2, quorum: 3 }\n",
                .inconsistentConfiguration
            ),
            (
                "name: a\nschema: { features: 1, classes: 2 }\ncohort: { size: 9000, over_selection: 2 }\n",
                .invalidValue
            ),
            ("name: a\nschema: { features: 0, classes: 2 }\ncohort: { size: 1 }\n", .invalidValue),
            ("name: a\nschema: { features: 1, classes: 257 }\ncohort: { size: 1 }\n", .invalidValue),
            ("name: a\nschema: { features: 9000000, classes: 2 }\ncohort: { size: 1 }\n", .invalidValue),
            ("name: a\nschema: 3\ncohort: { size: 1 }\n", .invalidValue),
            ("name: a\nschema: { width: 3 }\n", .unknownKey),
        ] as [(String, FederationError.Code)]
    )
    func wrongFiles(text: String, code: FederationError.Code) throws {
        #expect(try #require(failure(text)).code == code)
    }

    @Test(
        "A name that files and accounts could not carry is refused",
        arguments: ["", ".", "..", "-", "_a", "a b", "a/b", "ü", "'a\\nb'", String(repeating: "a", count: 65)]
    )
    func names(name: String) throws {
        let text = Self.minimal.replacingOccurrences(of: "name: a", with: "name: \"\(name)\"")
        let code = try #require(failure(text)).code
        #expect(code == .invalidValue || code == .malformedConfiguration)
    }
}

/// The scenario files of the checkout.
enum ScenarioFiles {
    private static let folder = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
        .appendingPathComponent("Simulations/scenarios")

    static var arePresent: Bool { FileManager.default.fileExists(atPath: folder.path) }

    static func texts() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".yaml") }.sorted().map {
            try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8)
        }
    }
}
