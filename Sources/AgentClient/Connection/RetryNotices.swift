internal import Synchronization

/// Tells of failed tries without repeating itself: a reason is told at once, and then at growing intervals for as long
/// as it lasts.
///
/// Several requests may fail side by side, each with its own waits; who watches wants to know why, not how often.
package final class RetryNotices: Sendable {
    /// What is known of one reason.
    private struct Record {
        var tries: Int
        /// When it is told next, and how much later the time after that.
        var nextMs: UInt64
        var intervalMs: UInt64
        /// From when on it is news again, if it is not seen before.
        var endMs: UInt64
    }

    private let records = Mutex<[String: Record]>([:])
    private let nowMs: @Sendable () -> UInt64
    private let observer: @Sendable (AgentEvent) -> Void

    /// - Parameter observer: told of what is worth a line.
    package init(nowMs: @escaping @Sendable () -> UInt64, observer: @escaping @Sendable (AgentEvent) -> Void) {
        self.nowMs = nowMs
        self.observer = observer
    }

    /// Notes that a try failed and the next one is so many milliseconds away.
    package func note(_ error: AgentError, waitMs: UInt64) {
        let now = nowMs()
        let tries = records.withLock { records -> Int? in
            records = records.filter { $0.value.endMs > now }
            if records.count >= AgentLimits.retryReasonCount { records = records.filter { $0.key == error.message } }
            var record = records[error.message] ?? Record(tries: 0, nextMs: now, intervalMs: 0, endMs: 0)
            record.tries += 1
            record.endMs = now + waitMs + AgentLimits.retryQuietMs
            let isDue = now >= record.nextMs
            if isDue {
                let doubled = max(2 * record.intervalMs, AgentLimits.retryNoticeFirstMs)
                record.intervalMs = min(doubled, AgentLimits.retryNoticeCapMs)
                record.nextMs = now + record.intervalMs
            }
            records[error.message] = record
            return isDue ? record.tries : nil
        }
        if let tries { observer(.retrying(error, waitMs: waitMs, tries: tries)) }
    }

    /// Something went well: whatever fails from here on is news.
    package func forget() { records.withLock { $0 = [:] } }
}
