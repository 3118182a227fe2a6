internal import Synchronization

/// What the request that a connection is answering knows of the connection. Safe to share.
package final class ConnectionLink: Sendable {
    private struct State {
        var isDropped = false
        var action: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    package init() {}

    /// Whether the other side has hung up.
    package var isDropped: Bool { state.withLock { $0.isDropped } }

    /// Does something when the other side hangs up, or now if it has.
    func whenDropped(_ action: @escaping @Sendable () -> Void) {
        let isDropped = state.withLock { state in
            if !state.isDropped { state.action = action }
            return state.isDropped
        }
        if isDropped { action() }
    }

    /// Nothing is to be done any more.
    func forget() { state.withLock { $0.action = nil } }

    /// The other side has hung up.
    func drop() {
        let action = state.withLock { state in
            state.isDropped = true
            defer { state.action = nil }
            return state.action
        }
        action?()
    }
}
