internal import Synchronization

/// Lets so many through at a time; the others wait in line.
final class ChunkGate: Sendable {
    private struct State {
        var free: Int
        /// First come, first served; `head` is the first that still waits.
        var line: [CheckedContinuation<Void, Never>] = []
        var head = 0
    }

    private let state: Mutex<State>

    init(_ count: Int) { state = Mutex(State(free: count)) }

    /// Goes through if nobody must wait.
    func tryEnter() -> Bool {
        state.withLock { state in
            guard state.free > 0 else { return false }
            state.free -= 1
            return true
        }
    }

    /// Goes through, after those who came before.
    func enter() async {
        await withCheckedContinuation { continuation in
            let isThrough = state.withLock { state in
                guard state.free == 0 else {
                    state.free -= 1
                    return true
                }
                state.line.append(continuation)
                return false
            }
            if isThrough { continuation.resume() }
        }
    }

    /// Comes out; the next in line goes through.
    func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.head < state.line.count else {
                state.free += 1
                return nil
            }
            defer {
                state.head += 1
                if state.head == state.line.count {
                    state.line.removeAll(keepingCapacity: true)
                    state.head = 0
                }
            }
            return state.line[state.head]
        }
        next?.resume()
    }
}
