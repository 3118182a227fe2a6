internal import Synchronization

/// The settings that hold now; a reload replaces them. Safe to share.
final class CurrentSettings: Sendable {
    private let state: Mutex<CoordinatorSettings>

    init(_ settings: CoordinatorSettings) { state = Mutex(settings) }

    var current: CoordinatorSettings { state.withLock { $0 } }

    func replace(with settings: CoordinatorSettings) { state.withLock { $0 = settings } }
}
