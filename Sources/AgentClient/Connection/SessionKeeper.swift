internal import Wire

/// Holds the session's token and opens a new one when the old has run out, once for everybody who waits for it.
actor SessionKeeper {
    private var current: WireSession?
    private var opening: Task<Result<WireSession, AgentError>, Never>?

    /// The session, or a new one in place of one that the coordinator no longer knows.
    func session(
        replacing stale: String? = nil,
        open: @escaping @Sendable () async -> Result<WireSession, AgentError>
    ) async throws(AgentError) -> WireSession {
        if let current, current.token != stale { return current }
        let task = opening ?? Task { await open() }
        opening = task
        let result = await task.value
        opening = nil
        current = try result.get()
        return try result.get()
    }
}
