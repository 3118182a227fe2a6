internal import Glibc

/// What the operating system tells and does for an agent: the clock, and its priority.
package enum Machine {
    /// Milliseconds since the Unix epoch.
    package static var nowMs: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(max(0, time.tv_sec)) * 1_000 + UInt64(time.tv_nsec) / 1_000_000
    }

    /// Minutes after midnight, local time.
    package static var minuteOfDay: Int {
        var seconds = time(nil)
        var parts = tm()
        localtime_r(&seconds, &parts)
        return Int(parts.tm_hour) * 60 + Int(parts.tm_min)
    }

    /// Makes this process as nice as it should be; it stays as it is where the system does not allow it.
    package static func setNiceness(_ nice: Int) {
        guard nice > 0 else { return }
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, CInt(nice))
    }
}
