import Datasets
import Federation
import Foundation
import Simulation
import Testing

@Suite("A task before it is opened")
struct TaskCheckTests {
    /// A task small enough for a few trials: softmax regression, three rounds.
    private static func scenario(
        trust: String = "known", reward: String = "score: value, pool: \"100\", target_drop: 1",
        cohort: String = "size: 3, quorum: 2", participants: String = "kind: honest, count: 3", more: String = ""
    ) -> String {
        """
        name: checked
        seed: 5
        rounds: 3
        data: { source: digits, validation: 60, test: 60 }
        model: { hidden: [] }
        training: { epochs: 1, batch: 20, learning_rate: 0.05 }
        cohort: { \(cohort), deadline_s: 60 }
        trust: \(trust)
        reward: { \(reward) }
        participants:
          - { \(participants) }
        \(more)

        """
    }

    private static func check(_ text: String, data: String? = nil, threads: Int = 2) throws -> TaskCheck {
        try TaskCheck(
            TaskCheckSubject(
                text: text, folder: ".", dataPath: data,
                effort: TaskCheckSubject.Effort(rounds: 3, trials: 1, threads: threads)))
    }

    private static func row(_ key: String, _ check: TaskCheck) -> TaskCheckFindings.Row? {
        check.parts.flatMap(\.findings.rows).first { $0.key == key }
    }

    private static func codes(_ text: String) throws -> Set<String> { Set(try check(text).warnings.map(\.code)) }

    @Test("Every section has its own key and finds something", arguments: ["known", "open"])
    func sections(trust: String) throws {
        let check = try Self.check(Self.scenario(trust: trust))
        #expect(check.parts.map(\.key) == ["terms", "labels", "honest", "others"])
        #expect(check.parts.allSatisfy { !$0.findings.rows.isEmpty })
        #expect(Self.row("price", check)?.values["tokens_per_nat"] == 100)
        #expect(try #require(Self.row("drop", check)?.values["drop"]) > 0)
    }

    @Test("A copy is refused, zeros are not paid, and under open a replay is not either")
    func others() throws {
        let known = try Self.check(Self.scenario())
        let open = try Self.check(Self.scenario(trust: "open"))
        for check in [known, open] {
            #expect(Self.row("copy", check)?.text == "refused")
            #expect(try #require(Self.row("copy-seen", check)?.values["share"]) > 0.5)
            #expect(try #require(Self.row("same-data", check)?.values["share"]) > 1)
        }
        #expect(try #require(Self.row("replay", open)?.values["share"]) < 0.05)
        #expect(try #require(Self.row("replay", known)?.values["share"]) > 0.2)
    }

    @Test("The number of threads changes nothing")
    func threads() throws {
        let one = try Self.check(Self.scenario(), threads: 1)
        #expect(one.parts.map(\.findings) == (try Self.check(Self.scenario(), threads: 3)).parts.map(\.findings))
    }

    @Test("A task that pays nobody has nothing to earn")
    func unpaid() throws {
        let check = try Self.check(Self.scenario(reward: "score: none"))
        #expect(Self.row("pay", check)?.text == "nobody is paid")
        #expect(check.parts.last?.findings.rows.isEmpty == true)
    }

    @Test("Targets are held against what can be lost and what is lost")
    func targets() throws {
        let far = try Self.codes(Self.scenario(reward: "score: value, pool: \"100\", target_drop: 9"))
        #expect(far.contains("target-too-far"))
        let near = try Self.codes(Self.scenario(reward: "score: value, pool: \"100\", target_drop: 0.01"))
        #expect(near.contains("target-too-near"))
        let right = try Self.codes(Self.scenario(reward: "score: value, pool: \"100\", target_drop: 1.2"))
        #expect(right.isDisjoint(with: ["target-too-far", "target-too-near", "target-missed"]))
    }

    @Test("What a task's terms leave open is warned of")
    func terms() throws {
        let unproved = "score: value, pool: \"100\", target_drop: 1, unproved_pay: accepted"
        #expect(try Self.codes(Self.scenario(trust: "open", reward: unproved)).contains("unproved-pay"))
        let sponsored = "score: value, pool: \"100\", target_drop: 1, source: sponsor, sponsor: acme"
        #expect(try Self.codes(Self.scenario(reward: sponsored)).contains("sponsor-validation"))
        #expect(try Self.codes(Self.scenario(cohort: "size: 2, quorum: 1")).contains("small-cohort"))
        #expect(try Self.codes(Self.scenario(reward: "score: samples, pool: \"100\"")).contains("stated-examples"))
        #expect(try Self.codes(Self.scenario()).isDisjoint(with: ["unproved-pay", "small-cohort", "stated-examples"]))
    }

    @Test("Labels that hardly overlap are warned of")
    func labels() throws {
        let apart = Self.scenario(
            cohort: "size: 5, quorum: 2", participants: "kind: honest, count: 5",
            more: "partition: { rule: shards, shards: 1 }")
        #expect(try Self.codes(apart).contains("labels-apart"))
        #expect(try !Self.codes(Self.scenario()).contains("labels-apart"))
    }

    @Test("Work is bounded: a large model is simulated on fewer examples")
    func bounded() throws {
        let text = Self.scenario().replacingOccurrences(of: "hidden: []", with: "hidden: [2000]")
        let trial = try #require(Self.row("trial", try Self.check(text)))
        #expect(try #require(trial.values["examples"]) < 500)
        #expect(trial.text.contains("each on"))
    }

    @Test("A task file takes its data from the side; without them, and for other data, it says so")
    func taskFile() throws {
        let task = """
            name: plain
            schema: { features: 64, classes: 10 }
            rounds: 3
            training: { epochs: 1, batch: 20, learning_rate: 0.05 }
            cohort: { size: 3, quorum: 2 }

            """
        let check = try Self.check(task, data: "digits")
        #expect(check.subject.isScenario == false)
        #expect(Self.row("copy", check)?.text == "refused")
        #expect(throws: FederationError(.missingKey, "")) { try Self.check(task) }
        let other = task.replacingOccurrences(of: "classes: 10", with: "classes: 3")
        #expect(throws: FederationError(.inconsistentConfiguration, "")) { try Self.check(other, data: "digits") }
        #expect(throws: DatasetError.self) { try Self.check(task, data: "/nowhere") }
    }

    @Test("One honest participant is no federation")
    func alone() throws {
        let text = Self.scenario(cohort: "size: 1, quorum: 1", participants: "kind: honest, count: 1")
        #expect(throws: SimulationError(.unusableData, "")) { try Self.check(text) }
    }
}
