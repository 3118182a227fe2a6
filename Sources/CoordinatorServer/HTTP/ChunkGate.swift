internal import Synchronization

/// Lets so many chunks be under way at a time; the others wait in line.
///
/// The places are for clients that move a chunk in a moment. Slow ones must not keep everybody waiting: whoever has
/// waited for as long as `patience` goes through as well, as far as `most` allows.
package final class ChunkGate: Sendable {
    private struct Waiting {
        let continuation: CheckedContinuation<Void, Never>
        let since: ContinuousClock.Instant
    }

    private struct State {
        var inside = 0
        /// First come, first served; `head` is the first that still waits.
        var line: [Waiting] = []
        var head = 0
        /// Somebody looks for those who have waited too long.
        var isWatched = false

        /// Takes the next in line, who is inside from now on.
        mutating func admit() -> CheckedContinuation<Void, Never>? {
            guard head < line.count else { return nil }
            defer {
                head += 1
                if head == line.count {
                    line.removeAll(keepingCapacity: true)
                    head = 0
                }
            }
            inside += 1
            return line[head].continuation
        }
    }

    private let places: Int
    private let most: Int
    private let patience: Duration
    private let state = Mutex(State())

    /// - Parameters:
    ///   - places: chunks under way while all goes well.
    ///   - most: chunks under way with slow clients.
    package init(_ places: Int, most: Int, patience: Duration = CoordinatorServerLimits.chunkPatience) {
        self.places = places
        self.most = max(places, most)
        self.patience = patience
    }

    /// How many wait.
    package var waitingCount: Int { state.withLock { $0.line.count - $0.head } }

    /// Goes through if nobody must wait.
    package func tryEnter() -> Bool {
        state.withLock { state in
            guard state.inside < places else { return false }
            state.inside += 1
            return true
        }
    }

    /// Goes through, after those who came before.
    package func enter() async {
        await withCheckedContinuation { continuation in
            let (isThrough, needsWatch) = state.withLock { state in
                if state.inside < places {
                    state.inside += 1
                    return (true, false)
                }
                state.line.append(Waiting(continuation: continuation, since: .now))
                defer { state.isWatched = true }
                return (false, !state.isWatched)
            }
            if isThrough { continuation.resume() }
            if needsWatch { Task { await watch() } }
        }
    }

    /// Comes out; the next in line goes through.
    package func leave() {
        let next = state.withLock { state in
            state.inside -= 1
            return state.inside < places ? state.admit() : nil
        }
        next?.resume()
    }

    /// Lets those through who have waited too long, until nobody waits.
    private func watch() async {
        var isNeeded = true
        while isNeeded {
            // Cancelled by nobody: the line is served to its end.
            try? await Task.sleep(for: patience / 4)
            let now = ContinuousClock.now
            let admitted = state.withLock { state in
                var admitted: [CheckedContinuation<Void, Never>] = []
                while state.inside < most, state.head < state.line.count,
                    now - state.line[state.head].since >= patience, let next = state.admit()
                {
                    admitted.append(next)
                }
                isNeeded = !state.line.isEmpty
                state.isWatched = isNeeded
                return admitted
            }
            for continuation in admitted { continuation.resume() }
        }
    }
}
