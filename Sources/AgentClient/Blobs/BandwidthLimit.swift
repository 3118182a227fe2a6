/// Lets bytes pass at a given rate, in one direction; without a rate they pass at once.
package actor BandwidthLimit {
    private var rate: ByteRate?
    private let origin = ContinuousClock.now

    /// - Parameter megabitsPerSecond: nil for no limit.
    package init(megabitsPerSecond: Double?) {
        rate = megabitsPerSecond.map { ByteRate(bytesPerSecond: $0 * 125_000) }
    }

    /// Returns when the bytes may go.
    ///
    /// - Throws: `stopped` when the task is cancelled.
    package func pass(_ byteCount: Int) async throws(AgentError) {
        guard rate != nil else { return }
        let now = UInt64((ContinuousClock.now - origin) / .nanoseconds(1))
        let wait = rate?.take(byteCount, nowNs: now) ?? 0
        guard wait > 0 else { return }
        do { try await Task.sleep(for: .nanoseconds(Int64(wait))) } catch { throw .stoppedByRequest }
    }
}
