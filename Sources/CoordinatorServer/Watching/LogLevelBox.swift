package import Logging
internal import Synchronization

/// The level that every log of the process has: one place, so that a reload changes it everywhere.
package final class LogLevelBox: Sendable {
    private let level: Mutex<Logger.Level>

    package init(_ level: Logger.Level) { self.level = Mutex(level) }

    package var current: Logger.Level {
        get { level.withLock { $0 } }
        set { level.withLock { $0 = newValue } }
    }
}
