import Synchronization
import Tensors
import Testing

@Suite("Work split")
struct WorkSplitTests {
    @Test("Ranges cover every index exactly once and start at multiples of the grain")
    func coversRanges() {
        for count in [0, 1, 2, 7, 64, 65, 1_000] {
            for grain in [1, 3, 64] {
                for threads in [1, 2, 3, 8] {
                    let ranges = Mutex<[Range<Int>]>([])
                    WorkSplit.forEachRange(of: count, grain: grain, threads: threads) { range in
                        ranges.withLock { $0.append(range) }
                    }
                    let sorted = ranges.withLock { $0 }.sorted { $0.lowerBound < $1.lowerBound }
                    #expect(sorted.flatMap { Array($0) } == Array(0..<count))
                    #expect(sorted.allSatisfy { $0.lowerBound % grain == 0 && !$0.isEmpty })
                    #expect(sorted.count <= threads)
                }
            }
        }
    }

    @Test("Items are handed out exactly once, and a worker has one at a time")
    func coversItems() {
        for count in [0, 1, 2, 100] {
            for threads in [1, 2, 5] {
                let seen = Mutex([Int](repeating: 0, count: count))
                let busy = Mutex(Set<Int>())
                WorkSplit.forEachItem(of: count, threads: threads) { item, worker in
                    let isFree = busy.withLock { $0.insert(worker).inserted }
                    #expect(isFree && worker < threads)
                    seen.withLock { $0[item] += 1 }
                    busy.withLock { _ = $0.remove(worker) }
                }
                #expect(seen.withLock { $0 } == [Int](repeating: 1, count: count))
            }
        }
    }
}
