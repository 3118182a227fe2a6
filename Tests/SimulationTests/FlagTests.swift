import Runs
import Simulation
import Testing

@Suite("What people are shown of who may cheat")
struct FlagTests {
    private static func participants(_ trust: String) throws -> [ParticipantSummary] {
        let room = try RunRoom()
        var scenario = SmallScenario(
            rounds: 8, hidden: "16", cohort: "size: 8, quorum: 2, deadline_s: 60", trust: trust)
        scenario.participants = [
            "kind: honest, count: 4", "kind: same-data, count: 2", "kind: replay, count: 1", "kind: zero, count: 1",
        ]
        return try room.run(scenario.text).summary.participants
    }

    @Test(
        "Keys with the same data are alike, and each is named to the other; strangers are not",
        arguments: ["known", "open"])
    func likeness(trust: String) throws {
        let all = try Self.participants(trust)
        let twins = all.filter { $0.population == "same-data" }
        #expect(twins.map(\.likenessTo) == ["same-data-02", "same-data-01"])
        for twin in twins { #expect((twin.likeness ?? 0) > 0.9, "\(twin.label): \(twin.likeness ?? .nan)") }
        for honest in all where honest.population == "honest" {
            #expect((honest.likeness ?? 1) < 0.5, "\(honest.label): \(honest.likeness ?? .nan)")
        }
    }

    @Test("A replay scores like work, and its novelty shows what it is")
    func novelty() throws {
        let all = try Self.participants("known")
        let replay = try #require(all.first { $0.population == "replay" })
        #expect(replay.fullScore > 0)
        #expect(replay.paid > 0, "under trust known it is paid like work")
        let part = try #require(replay.novelty)
        #expect(abs(part) < 0.01, "\(part)")
        for honest in all where honest.population == "honest" {
            #expect((honest.novelty ?? 0) > 10 * abs(part), "\(honest.label): \(honest.novelty ?? .nan)")
        }
        let zero = try #require(all.first { $0.population == "zero" })
        #expect(zero.novelty == nil && zero.fullScore == 0 && zero.paid == 0)
    }

    @Test("A task that scores nobody has no flags")
    func unscored() throws {
        let room = try RunRoom()
        var scenario = SmallScenario(rounds: 2)
        scenario.reward = "score: none"
        let all = try room.run(scenario.text).summary.participants
        #expect(all.allSatisfy { $0.likeness == nil && $0.likenessTo == nil && $0.novelty == nil })
    }
}
