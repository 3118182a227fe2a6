/// A bandwidth limit as a token bucket: so many bytes a second, with a second's worth to spare after a pause.
///
/// Pure: the time comes in as nanoseconds of any clock that does not go back.
package struct ByteRate: Sendable {
    /// Bytes a second.
    package let bytesPerSecond: Double
    /// Bytes that may go at once; negative while those that went are being waited for.
    private var credit: Double
    private var lastNs: UInt64?

    /// - Parameter bytesPerSecond: more than zero.
    package init(bytesPerSecond: Double) {
        precondition(bytesPerSecond > 0, "a bandwidth of nothing")
        self.bytesPerSecond = bytesPerSecond
        credit = bytesPerSecond
    }

    /// Takes bytes out, and says how long to wait before they go, in nanoseconds.
    ///
    /// More than the bucket holds may be taken at once: whoever comes next waits for it.
    package mutating func take(_ byteCount: Int, nowNs: UInt64) -> UInt64 {
        let elapsed = Double(nowNs - min(lastNs ?? nowNs, nowNs)) / 1e9
        lastNs = max(lastNs ?? 0, nowNs)
        credit = min(bytesPerSecond, credit + elapsed * bytesPerSecond) - Double(byteCount)
        return credit >= 0 ? 0 : UInt64(min(-credit / bytesPerSecond * 1e9, 1e18))
    }
}
