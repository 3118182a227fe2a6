internal import CLinux

/// What the system knows of this machine's clock.
package enum MachineClock {
    /// Whether something keeps it right, such as NTP, as far as the kernel was told.
    package static func isSynchronised() -> Bool {
        let state = tributary_clock_state()
        return state >= 0 && state != tributary_clock_unsynchronised
    }
}
