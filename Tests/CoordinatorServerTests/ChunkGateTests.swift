import CoordinatorServer
import Synchronization
import Testing

@Suite("The gate that chunks go through")
struct ChunkGateTests {
    private final class Order: Sendable {
        private let names = Mutex<[Int]>([])
        func note(_ name: Int) { names.withLock { $0.append(name) } }
        var all: [Int] { names.withLock { $0 } }
    }

    private func eventually(_ holds: () -> Bool) async throws {
        for _ in 0..<2_000 where !holds() { try await Task.sleep(for: .milliseconds(5)) }
        #expect(holds())
    }

    @Test("As many go through as there are places, the others one by one as places come free, in order")
    func places() async throws {
        let gate = ChunkGate(2, most: 2, patience: .seconds(600))
        let order = Order()
        #expect(gate.tryEnter() && gate.tryEnter() && !gate.tryEnter())
        await withTaskGroup { group in
            for name in 0..<3 {
                group.addTask {
                    await gate.enter()
                    order.note(name)
                }
                // So that they stand in line in this order.
                while gate.waitingCount <= name { await Task.yield() }
            }
            for count in 1...3 {
                #expect(order.all.count == count - 1)
                gate.leave()
                while order.all.count < count { await Task.yield() }
            }
        }
        #expect(order.all == [0, 1, 2] && gate.waitingCount == 0)
        gate.leave()
        gate.leave()
        #expect(gate.tryEnter() && gate.tryEnter() && !gate.tryEnter(), "every place is free again")
    }

    @Test("Whoever has waited long enough goes beside those that are slow, up to the bound")
    func patience() async throws {
        let gate = ChunkGate(1, most: 3, patience: .milliseconds(20))
        let order = Order()
        #expect(gate.tryEnter())
        for name in 0..<4 {
            Task {
                await gate.enter()
                order.note(name)
            }
        }
        try await eventually { order.all.count == 2 }
        try await Task.sleep(for: .milliseconds(100))
        #expect(order.all.count == 2, "three are inside, and that is the bound")
        gate.leave()
        try await eventually { order.all.count == 3 }
        for _ in 0..<2 { gate.leave() }
        try await eventually { order.all.count == 4 }
        #expect(!gate.tryEnter(), "the only place is taken")
        for _ in 0..<2 { gate.leave() }
        #expect(gate.tryEnter() && !gate.tryEnter(), "those beside the places left none behind")
    }
}
