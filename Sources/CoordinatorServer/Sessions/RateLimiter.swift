internal import Synchronization

/// Token buckets by key or address, of which a bounded number is remembered.
final class RateLimiter<Name: Hashable & Sendable>: Sendable {
    private struct State {
        var buckets: [Name: TokenBucket] = [:]
        var sweptMs: UInt64 = 0
    }

    private let rate: TokenBucket.Rate
    private let limit: Int
    private let state = Mutex(State())

    init(_ rate: TokenBucket.Rate, limit: Int = CoordinatorServerLimits.bucketCount) {
        self.rate = rate
        self.limit = limit
    }

    /// Counts one request.
    ///
    /// - Returns: nil if it may go on, or in how many milliseconds to try again. Where too many names are followed,
    ///   those that are not known wait.
    func admit(_ name: Name, nowMs: UInt64) -> UInt64? {
        state.withLock { state in
            if state.buckets[name] == nil, state.buckets.count >= limit {
                if nowMs >= state.sweptMs + rate.refillMs { sweep(&state, nowMs) }
                guard state.buckets.count < limit else { return rate.refillMs }
            }
            return state.buckets[name, default: TokenBucket(full: rate, nowMs: nowMs)].take(rate, nowMs: nowMs)
        }
    }

    /// Forgets buckets that are full again.
    private func sweep(_ state: inout State, _ nowMs: UInt64) {
        state.sweptMs = nowMs
        state.buckets = state.buckets.filter { $0.value.usedMs + rate.refillMs > nowMs }
    }
}
