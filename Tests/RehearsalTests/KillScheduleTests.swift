import Rehearsal
import Testing

@Suite("A schedule of kills")
struct KillScheduleTests {
    @Test("The same seed kills the same processes at the same times")
    func isAFunctionOfTheSeed() {
        #expect(KillSchedule(count: 50, agents: 5, seed: 7) == KillSchedule(count: 50, agents: 5, seed: 7))
        #expect(KillSchedule(count: 50, agents: 5, seed: 7) != KillSchedule(count: 50, agents: 5, seed: 8))
    }

    @Test("Five hundred kills hit the coordinator three hundred times and agents two hundred times")
    func splitsThreeToTwo() {
        let schedule = KillSchedule(count: 500, agents: 5, seed: 1)
        #expect(schedule.kills.count == 500)
        #expect(schedule.coordinatorKills == 300)
    }

    @Test("Every agent is hit sooner or later, and none that does not exist", arguments: 1...9)
    func hitsEveryAgent(agents: Int) {
        let hit = Set(KillSchedule(count: 1_000, agents: agents, seed: 3).kills.compactMap(\.agent))
        #expect(hit == Set(0..<agents))
    }

    @Test("Kills come at once or within the longest gap", arguments: [0, 1, 2, 17])
    func keepsTheGap(count: Int) {
        let schedule = KillSchedule(count: count, agents: 2, seed: 5)
        #expect(schedule.kills.count == count)
        #expect(schedule.kills.allSatisfy { (0..<RehearsalLimits.killGapMs).contains($0.delayMs) })
    }

    @Test("Without agents only the coordinator is killed")
    func withoutAgents() {
        #expect(KillSchedule(count: 9, agents: 0, seed: 1).coordinatorKills == 9)
    }
}
