/// Repeats what may succeed later, saying why it waits.
package struct Patience: Sendable {
    /// Called before each wait with the reason and the milliseconds.
    private let notice: @Sendable (AgentError, UInt64) -> Void
    private let sleep: @Sendable (UInt64) async throws -> Void
    /// Tries of one request; nil for as many as it takes.
    private let trialCount: Int?

    /// - Parameters:
    ///   - trialCount: tries of one request; nil for as many as it takes.
    ///   - sleep: waits for milliseconds, and throws when the task is cancelled.
    ///   - notice: told of every wait.
    package init(
        trialCount: Int?,
        sleep: @escaping @Sendable (UInt64) async throws -> Void = { try await Task.sleep(for: .milliseconds($0)) },
        notice: @escaping @Sendable (AgentError, UInt64) -> Void = { _, _ in }
    ) {
        self.trialCount = trialCount
        self.sleep = sleep
        self.notice = notice
    }

    /// What `body` returns, tried again while its failure is transient.
    ///
    /// - Throws: the first failure that is not transient, the last one where tries are counted, or `stopped` when the
    ///   task is cancelled.
    package func callAsFunction<Value: Sendable>(
        _ body: @Sendable () async throws(AgentError) -> Value
    ) async throws(AgentError) -> Value {
        var policy = RetryPolicy()
        var trials = 0
        while true {
            let failure: AgentError
            do {
                return try await body()
            } catch {
                failure = error
            }
            trials += 1
            guard !Task.isCancelled else { throw .stoppedByRequest }
            guard failure.isTransient, trials < trialCount ?? .max else { throw failure }
            let wait = policy.nextWaitMs(retryAfterMs: failure.retryAfterMs, random: .random(in: 0...UInt64.max))
            notice(failure, wait)
            do { try await sleep(wait) } catch { throw .stoppedByRequest }
        }
    }
}

extension AgentError {
    /// Somebody asked the agent to stop.
    package static let stoppedByRequest = AgentError(.stopped, "the agent was asked to stop")
}
