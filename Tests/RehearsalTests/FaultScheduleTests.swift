import Rehearsal
import Testing

@Suite("Schedules of failing links and full disks")
struct FaultScheduleTests {
    @Test("The same seed does the same to the same links and disks at the same times")
    func areFunctionsOfTheSeed() {
        #expect(LinkSchedule(count: 200, agents: 5, seed: 7) == LinkSchedule(count: 200, agents: 5, seed: 7))
        #expect(LinkSchedule(count: 200, agents: 5, seed: 7) != LinkSchedule(count: 200, agents: 5, seed: 8))
        #expect(DiskSchedule(count: 50, agents: 5, seed: 7) == DiskSchedule(count: 50, agents: 5, seed: 7))
        #expect(DiskSchedule(count: 50, agents: 5, seed: 7) != DiskSchedule(count: 50, agents: 5, seed: 8))
    }

    @Test("A longer schedule begins as a shorter one")
    func growsAtItsEnd() {
        let long = LinkSchedule(count: 300, agents: 5, seed: 3).faults
        #expect(Array(long.prefix(40)) == LinkSchedule(count: 40, agents: 5, seed: 3).faults)
    }

    @Test("Every kind of fault and every agent comes up; everybody's link at once only in partitions")
    func coversAllKinds() {
        let faults = LinkSchedule(count: 2_000, agents: 5, seed: 1).faults
        #expect(Set(faults.map(\.kind.name)).count == 10)
        #expect(Set(faults.compactMap(\.agent)) == Set(0..<5))
        for fault in faults where fault.agent == nil {
            guard case .partition = fault.kind else {
                Issue.record("\(fault) hits everybody")
                continue
            }
        }
        #expect(faults.contains { $0.agent == nil })
    }

    @Test("Nothing is held or refused for longer than some seconds")
    func staysBelowDeadlines() {
        for fault in LinkSchedule(count: 5_000, agents: 3, seed: 9).faults {
            switch fault.kind {
            case .stall(_, let ms), .partition(let ms): #expect(ms < 5_000)
            case .delay(let ms, let lastingMs): #expect(ms < 100 && lastingMs < 5_000)
            case .throttle(let rate, let lastingMs): #expect(rate >= 4_096 && lastingMs < 5_000)
            case .trickle(_, let byteCount): #expect(byteCount < 1_024)
            case .reset, .cut, .unheard, .halfClose: break
            }
        }
        for filling in DiskSchedule(count: 1_000, agents: 3, seed: 9).fillings { #expect(filling.lastingMs < 5_000) }
    }

    @Test("Without agents no link fails, and only the coordinator's disk fills")
    func withoutAgents() {
        #expect(LinkSchedule(count: 9, agents: 0, seed: 1).faults.isEmpty)
        #expect(DiskSchedule(count: 9, agents: 0, seed: 1).fillings.allSatisfy { !$0.isAgents })
    }
}
