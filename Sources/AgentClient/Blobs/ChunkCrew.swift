/// Does a piece of work for each of many chunks, a few at once.
enum ChunkCrew {
    /// Runs `work` for every chunk, at most `AgentLimits.chunksInFlight` at once; the first failure stops the rest.
    static func run(
        over chunks: [Int], _ work: @escaping @Sendable (Int) async throws(AgentError) -> Void
    ) async throws(AgentError) {
        if chunks.count == 1, let only = chunks.first { return try await work(only) }
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                var rest = chunks.makeIterator()
                for _ in 0..<AgentLimits.chunksInFlight {
                    guard let chunk = rest.next() else { break }
                    group.addTask { try await work(chunk) }
                }
                while try await group.next() != nil {
                    if let chunk = rest.next() { group.addTask { try await work(chunk) } }
                }
            }
        } catch {
            throw (error as? AgentError) ?? .stoppedByRequest
        }
    }
}
