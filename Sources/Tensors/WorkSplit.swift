internal import Dispatch
internal import Synchronization

/// Splits a range of independent work over threads.
///
/// Results never depend on the number of threads: a caller may only use this where each part writes its own place.
package enum WorkSplit {
    /// Calls `body` on consecutive sub-ranges of `0..<count`, one a thread, and returns when all are done.
    ///
    /// - Parameters:
    ///   - count: amount of work.
    ///   - grain: sub-ranges start at multiples of it.
    ///   - threads: most threads to use, at least 1.
    ///   - body: called once for each sub-range, concurrently.
    package static func forEachRange(
        of count: Int, grain: Int, threads: Int, _ body: @Sendable (Range<Int>) -> Void
    ) {
        precondition(grain > 0 && threads > 0 && count >= 0, "a split needs a grain and a thread")
        let grains = (count + grain - 1) / grain
        let parts = min(threads, grains)
        guard parts > 1 else {
            if count > 0 { body(0..<count) }
            return
        }
        DispatchQueue.concurrentPerform(iterations: parts) { part in
            let lower = grains * part / parts * grain
            let upper = min(count, grains * (part + 1) / parts * grain)
            if lower < upper { body(lower..<upper) }
        }
    }

    /// Calls `body` once for each index, handing the next index to whichever thread is free.
    ///
    /// - Parameters:
    ///   - count: number of items.
    ///   - threads: most threads to use, at least 1.
    ///   - body: called with (item, worker); at any moment one call has a given worker number in `0..<threads`.
    package static func forEachItem(
        of count: Int, threads: Int, _ body: @Sendable (_ item: Int, _ worker: Int) -> Void
    ) {
        precondition(threads > 0 && count >= 0, "a split needs a thread")
        let workers = min(threads, count)
        guard workers > 1 else {
            for item in 0..<count { body(item, 0) }
            return
        }
        let next = Counter()
        DispatchQueue.concurrentPerform(iterations: workers) { worker in
            while true {
                let item = next.take()
                guard item < count else { return }
                body(item, worker)
            }
        }
    }
}

/// A shared counter that hands out 0, 1, 2, …
private final class Counter: Sendable {
    private let value = Mutex(0)

    func take() -> Int {
        value.withLock { count in
            defer { count += 1 }
            return count
        }
    }
}
