/// Events in the order of their times on a clock that only the simulation moves.
///
/// A binary heap; equal times come out in the order they were put in, so that a run is a function of its seed.
package struct VirtualClock<Event> {
    private struct Scheduled {
        let timeMs: UInt64
        let order: UInt64
        let event: Event

        func isBefore(_ other: Scheduled) -> Bool {
            (timeMs, order) < (other.timeMs, other.order)
        }
    }

    private var heap: [Scheduled] = []
    private var scheduledCount: UInt64 = 0
    /// Milliseconds since the Unix epoch in the simulated world.
    package private(set) var nowMs: UInt64

    /// A clock that starts at a time, with nothing to happen.
    package init(nowMs: UInt64) {
        self.nowMs = nowMs
    }

    /// Number of events to come.
    package var count: Int { heap.count }

    /// Puts in an event; one in the past happens now. Complexity: O(log `count`).
    package mutating func schedule(_ event: Event, atMs timeMs: UInt64) {
        heap.append(Scheduled(timeMs: max(timeMs, nowMs), order: scheduledCount, event: event))
        scheduledCount += 1
        var child = heap.count - 1
        while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Moves the clock to the next event and takes it out. Complexity: O(log `count`).
    package mutating func next() -> Event? {
        guard let first = heap.first else { return nil }
        nowMs = first.timeMs
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            siftDown()
        }
        return first.event
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].isBefore(heap[least])
            {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
