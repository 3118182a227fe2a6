internal import Attestation

/// Work requests that wait for something to do. Plain state; the host owns it.
struct ParkedPolls {
    /// Why a request goes on.
    enum Wake: Sendable {
        /// There may be another answer now.
        case changed
        /// It has waited as long as it asked.
        case expired
        /// Its connection is gone.
        case dropped
        /// The coordinator stops.
        case stopping
    }

    private struct Poll {
        let key: PublicKey
        let bucket: UInt64
        let continuation: CheckedContinuation<Wake, Never>
    }

    /// Requests end at multiples of this, so that thousands of them need few looks at the clock.
    static let bucketMs: UInt64 = 50

    private var polls: [UInt64: Poll] = [:]
    private var byKey: [PublicKey: Set<UInt64>] = [:]
    /// Requests by the end of their wait, in buckets.
    private var buckets: [UInt64: Set<UInt64>] = [:]
    private var nextID: UInt64 = 0

    /// Number of requests that wait.
    var count: Int { polls.count }

    /// A name for a request that is about to wait.
    mutating func reserve() -> UInt64 {
        nextID += 1
        return nextID
    }

    /// Lets a request wait until `deadlineMs`, in milliseconds of a clock that only goes on.
    mutating func park(
        _ id: UInt64, key: PublicKey, deadlineMs: UInt64, _ continuation: CheckedContinuation<Wake, Never>
    ) {
        let bucket = deadlineMs / Self.bucketMs + 1
        polls[id] = Poll(key: key, bucket: bucket, continuation: continuation)
        byKey[key, default: []].insert(id)
        buckets[bucket, default: []].insert(id)
    }

    /// Sends one request on, if it still waits.
    mutating func wake(_ id: UInt64, _ reason: Wake) {
        guard let poll = polls.removeValue(forKey: id) else { return }
        byKey[poll.key]?.remove(id)
        if byKey[poll.key]?.isEmpty == true { byKey[poll.key] = nil }
        buckets[poll.bucket]?.remove(id)
        if buckets[poll.bucket]?.isEmpty == true { buckets[poll.bucket] = nil }
        poll.continuation.resume(returning: reason)
    }

    /// Sends a key's requests on.
    mutating func wake(_ key: PublicKey, _ reason: Wake) {
        for id in byKey[key] ?? [] { wake(id, reason) }
    }

    /// The key's request that has waited longest, where it has as many as that.
    func oldest(of key: PublicKey, ifAtLeast count: Int) -> UInt64? {
        guard let ids = byKey[key], ids.count >= count else { return nil }
        return ids.min()
    }

    /// Sends everybody on.
    mutating func wakeAll(_ reason: Wake) {
        for id in Array(polls.keys) { wake(id, reason) }
    }

    /// Sends on whoever has waited long enough.
    mutating func expire(nowMs: UInt64) {
        for (bucket, ids) in buckets where bucket * Self.bucketMs <= nowMs {
            for id in ids { wake(id, .expired) }
        }
    }

    /// When the next wait ends; nil where nobody waits. Complexity: O(buckets), of which there are a few hundred.
    var nextDeadlineMs: UInt64? { buckets.keys.min().map { $0 * Self.bucketMs } }
}
