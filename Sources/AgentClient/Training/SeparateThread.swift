internal import Dispatch
internal import Synchronization

/// Runs long work on a thread of its own, away from the threads that serve tasks and connections.
package enum SeparateThread {
    /// Runs `work` and answers what it made; when the task is cancelled it answers at once with `stopped`, and what the
    /// work makes afterwards is dropped.
    package static func run<Value: Sendable>(
        _ work: @escaping @Sendable () throws(AgentError) -> Value
    ) async throws(AgentError) -> Value {
        let answer = Answer<Value>()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                answer.await(continuation)
                DispatchQueue(label: "tributary.training").async {
                    do throws(AgentError) {
                        answer.give(.success(try work()))
                    } catch {
                        answer.give(.failure(error))
                    }
                }
            }
        } onCancel: {
            answer.give(.failure(.stoppedByRequest))
        }
        return try result.get()
    }

    /// The first answer, whoever gives it, before or after somebody waits.
    private final class Answer<Value: Sendable>: Sendable {
        private struct State {
            var continuation: CheckedContinuation<Result<Value, AgentError>, Never>?
            var result: Result<Value, AgentError>?
            var isDelivered = false
        }

        private let state = Mutex(State())

        func await(_ continuation: CheckedContinuation<Result<Value, AgentError>, Never>) {
            deliver { $0.continuation = continuation }
        }

        func give(_ result: Result<Value, AgentError>) {
            deliver { state in
                if state.result == nil { state.result = result }
            }
        }

        private func deliver(_ change: (inout State) -> Void) {
            let ready = state.withLock { state -> (CheckedContinuation<Result<Value, AgentError>, Never>, Result<Value, AgentError>)? in
                change(&state)
                guard !state.isDelivered, let continuation = state.continuation, let result = state.result else {
                    return nil
                }
                state.isDelivered = true
                return (continuation, result)
            }
            if let ready { ready.0.resume(returning: ready.1) }
        }
    }
}
