internal import Synchronization

/// The ledger's time in this process: taken from the machine's clock at the start, never before the ledger's last
/// entry, and measured from there on. Setting the machine's clock while the process runs moves no deadline.
final class ProcessClock: Sendable {
    private struct Origin {
        var timeMs: UInt64
        var steadyMs: UInt64
        /// How far the machine's clock was ahead then.
        var wallAheadMs: Int64
    }

    private let wallMs: @Sendable () -> UInt64
    private let steadyMs: @Sendable () -> UInt64
    private let origin: Mutex<Origin>

    /// - Parameters:
    ///   - wallMs: the machine's clock, in milliseconds since the Unix epoch.
    ///   - steadyMs: milliseconds of a clock that never goes back nor jumps.
    init(wallMs: @escaping @Sendable () -> UInt64, steadyMs: @escaping @Sendable () -> UInt64) {
        self.wallMs = wallMs
        self.steadyMs = steadyMs
        origin = Mutex(Origin(timeMs: wallMs(), steadyMs: steadyMs(), wallAheadMs: 0))
    }

    /// The time, in milliseconds since the Unix epoch.
    var nowMs: UInt64 {
        let steadyMs = steadyMs()
        return origin.withLock { $0.timeMs + (steadyMs - min(steadyMs, $0.steadyMs)) }
    }

    /// How far the machine's clock is ahead of this one; negative where it is behind.
    var wallAheadMs: Int64 { Int64(clamping: wallMs()) - Int64(clamping: nowMs) }

    /// By how much somebody has set the machine's clock since this one was set.
    var wallSetMs: Int64 { wallAheadMs - origin.withLock { $0.wallAheadMs } }

    /// Takes the machine's clock over where the two have come apart.
    ///
    /// - Parameter floorMs: the earliest time that this one may show.
    /// - Returns: by how much it was set; 0 where it was not.
    func follow(notBefore floorMs: UInt64) -> Int64 {
        let (now, wall) = (nowMs, wallMs())
        let wanted = max(wall, floorMs)
        let difference = Int64(clamping: wanted) - Int64(clamping: now)
        guard difference.magnitude > CoordinatorServerLimits.clockToleranceMs else { return 0 }
        let steadyMs = steadyMs()
        let aheadMs = Int64(clamping: wall) - Int64(clamping: wanted)
        origin.withLock { $0 = Origin(timeMs: wanted, steadyMs: steadyMs, wallAheadMs: aheadMs) }
        return difference
    }
}
