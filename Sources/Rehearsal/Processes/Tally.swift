import Synchronization

/// A disturbance while it goes on, shared by those who cause it.
final class Tally: Sendable {
    private struct State {
        var disturbance = Disturbance()
        var isOver = false
    }

    private let state = Mutex(State())

    /// The coordinator has closed its last task: what ends now is not started again.
    var isOver: Bool { state.withLock(\.isOver) }

    func end() { state.withLock { $0.isOver = true } }

    func note(_ change: (inout Disturbance) -> Void) { state.withLock { change(&$0.disturbance) } }

    var disturbance: Disturbance { state.withLock(\.disturbance) }
}
