/// How long to wait before a request that failed is tried again: doubling, capped, with jitter, so that agents that lost
/// their coordinator together do not come back together.
package struct RetryPolicy: Sendable {
    private var failures: UInt64 = 0

    package init() {}

    /// The wait before the next try, in milliseconds: between half of the doubled time and all of it, or what the
    /// coordinator asked for and up to a tenth more.
    ///
    /// - Parameters:
    ///   - retryAfterMs: what the coordinator asked for, if it did.
    ///   - random: any 64 random bits.
    package mutating func nextWaitMs(retryAfterMs: UInt64?, random: UInt64) -> UInt64 {
        let shift = min(failures, 16)
        failures += 1
        if let asked = retryAfterMs, asked > 0 {
            let wait = min(asked, AgentLimits.retryAfterCapMs)
            return wait + random % (wait / 10 + 1)
        }
        let wait = min(AgentLimits.retryFirstMs << shift, AgentLimits.retryCapMs)
        return wait / 2 + random % (wait / 2 + 1)
    }
}
