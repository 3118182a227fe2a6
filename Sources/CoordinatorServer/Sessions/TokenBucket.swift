/// A limit on how often something may happen: so many at once, then so many a second.
package struct TokenBucket: Sendable {
    /// What a bucket allows.
    package struct Rate: Equatable, Sendable {
        /// At once.
        package let burst: Double
        package let perSecond: Double

        package init(burst: Double, perSecond: Double) {
            self.burst = burst
            self.perSecond = perSecond
        }

        /// After so long without use a bucket is full, and need not be remembered.
        var refillMs: UInt64 { UInt64(burst / perSecond * 1_000) + 1 }
    }

    private var level: Double
    private(set) var usedMs: UInt64

    init(full rate: Rate, nowMs: UInt64) {
        level = rate.burst
        usedMs = nowMs
    }

    /// Takes one token.
    ///
    /// - Returns: nil, or in how many milliseconds there will be one.
    mutating func take(_ rate: Rate, nowMs: UInt64) -> UInt64? {
        if nowMs > usedMs { level = min(rate.burst, level + Double(nowMs - usedMs) * rate.perSecond / 1_000) }
        usedMs = nowMs
        guard level < 1 else {
            level -= 1
            return nil
        }
        return UInt64(((1 - level) / rate.perSecond * 1_000).rounded(.up))
    }
}
