import Simulation
import Tensors
import Testing

@Suite("The virtual clock")
struct VirtualClockTests {
    @Test("Events come out in the order of their times, equal times in the order they were put in")
    func order() {
        var generator = SeededGenerator(seed: 5, stream: "clock")
        for _ in 0..<200 {
            let count = generator.nextIndex(below: 60)
            var clock = VirtualClock<Int>(nowMs: 10)
            var expected: [(timeMs: UInt64, event: Int)] = []
            for event in 0..<count {
                let timeMs = 10 + UInt64(generator.nextIndex(below: 12))
                clock.schedule(event, atMs: timeMs)
                expected.append((timeMs, event))
            }
            expected.sort { ($0.timeMs, $0.event) < ($1.timeMs, $1.event) }
            #expect(clock.count == count)
            for (timeMs, event) in expected {
                #expect(clock.next() == event)
                #expect(clock.nowMs == timeMs)
            }
            #expect(clock.next() == nil)
        }
    }

    @Test("Events put in while others come out keep that order, and time never goes back")
    func interleaved() {
        var generator = SeededGenerator(seed: 6, stream: "clock")
        var clock = VirtualClock<Int>(nowMs: 0)
        var waiting: [(timeMs: UInt64, event: Int)] = []
        var last: UInt64 = 0
        for event in 0..<2_000 {
            if generator.nextIndex(below: 3) > 0 || waiting.isEmpty {
                let timeMs = clock.nowMs + UInt64(generator.nextIndex(below: 50))
                clock.schedule(event, atMs: timeMs)
                waiting.append((timeMs, event))
            } else {
                let place = waiting.indices.min {
                    (waiting[$0].timeMs, waiting[$0].event) < (waiting[$1].timeMs, waiting[$1].event)
                }
                let first = place.map { waiting.remove(at: $0) }
                #expect(clock.next() == first?.event)
                #expect(clock.nowMs >= last)
                last = clock.nowMs
            }
        }
        #expect(clock.count == waiting.count)
    }

    @Test("An event in the past happens now")
    func past() {
        var clock = VirtualClock<String>(nowMs: 0)
        clock.schedule("late", atMs: 100)
        #expect(clock.next() == "late")
        clock.schedule("past", atMs: 7)
        #expect(clock.next() == "past")
        #expect(clock.nowMs == 100)
    }
}
