internal import Synchronization

/// Token buckets by key or address, of which a bounded number is remembered. Where more are asked for, those that were
/// used longest ago are forgotten: a flood of names keeps no other name out.
final class RateLimiter<Name: Hashable & Sendable>: Sendable {
    private let rate: TokenBucket.Rate
    private let limit: Int
    private let buckets = Mutex<[Name: TokenBucket]>([:])

    init(_ rate: TokenBucket.Rate, limit: Int = CoordinatorServerLimits.bucketCount) {
        self.rate = rate
        self.limit = limit
    }

    /// Counts one request.
    ///
    /// - Returns: nil if it may go on, or in how many milliseconds to try again.
    func admit(_ name: Name, nowMs: UInt64) -> UInt64? {
        buckets.withLock { buckets in
            if buckets[name] == nil, buckets.count >= limit { sweep(&buckets, nowMs) }
            return buckets[name, default: TokenBucket(full: rate, nowMs: nowMs)].take(rate, nowMs: nowMs)
        }
    }

    /// Forgets buckets that are full again, and where that is not enough the half that was used longest ago.
    private func sweep(_ buckets: inout [Name: TokenBucket], _ nowMs: UInt64) {
        buckets = buckets.filter { $0.value.usedMs + rate.refillMs > nowMs }
        guard buckets.count > limit / 2 else { return }
        let ages = buckets.values.map(\.usedMs).sorted()
        let median = ages[ages.count / 2]
        // As many of the median's age stay as fit, so that half is gone even where all have the same.
        var left = limit / 2
        buckets = buckets.filter { entry in
            guard entry.value.usedMs >= median, left > 0 else { return false }
            left -= 1
            return true
        }
    }
}
