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
                reward: { score: samples, pool_per_round: "12.5", epoch_rounds: 7, source: sponsor, sponsor: acme }
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
                == RewardRule(
                    score: .samples,
                    poolPerRound: 12_500_000,
                    epochRounds: 7,
                    sponsor: try AccountName("sponsor/acme")
                )
        )
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
        #expect(task.reward == RewardRule(score: .pathNovel, poolPerRound: 100_000_000, epochRounds: 10))
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
            ("reward: { pool: 3 }", "reward.pool", "known keys"),
            ("reward: { epoch_round: 3 }", "reward.epoch_round", "\"epoch_rounds\""),
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
            "rounds: 0", "rounds: 1000001", "rounds: 1e3", "rounds: \"\"", "stop: 0.9", "stop: { accuracy: 1.01 }",
            "stop: { accuracy: nan }", "stop: { accuracy: -0.1 }", "model: [200]", "model: { hidden: 200 }",
            "model: { hidden: [0] }", "model: { hidden: [[1]] }", "model: { hidden: [1048577] }",
            "model: { hidden: [x] }",
            "model: { hidden: [1048576, 1048576] }", "training: { epochs: 0 }", "training: { batch: 65537 }",
            "training: { learning_rate: 0 }", "training: { learning_rate: inf }", "training: { learning_rate: 1e-300 }",
            "training: { momentum: 1 }", "training: { weight_decay: -1 }", "training: { proximal: 1001 }",
            "training: 3",
            "server: { learning_rate: 0 }", "server: { momentum: 1.0 }", "grid: { fraction_bits: 31 }",
            "grid: { fraction_bits: 7 }", "reward: { score: novel }", "reward: { pool_per_round: \"0\" }",
            "reward: { pool_per_round: \"1.0000001\" }", "reward: { pool_per_round: -1 }",
            "reward: { pool_per_round: \"99999999999999999999\" }", "reward: { epoch_rounds: 0 }",
            "reward: { epoch_rounds: 65537 }", "reward: { source: lottery }",
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
