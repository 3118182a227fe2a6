/// Watches the single steps that the agent's files are written in, so that a test can end the world before any of them.
package struct FolderSteps: Sendable {
    /// Called before each step; what it throws ends the sequence there, as a crash would.
    package let before: @Sendable (String) throws(AgentError) -> Void

    package init(before: @escaping @Sendable (String) throws(AgentError) -> Void) {
        self.before = before
    }

    /// Nobody watches.
    package static let unwatched = FolderSteps { (_) throws(AgentError) in }
}
