/// When an agent has done enough.
package struct AgentGoal: Sendable {
    /// Contributions to have answered; nil for any number.
    package let roundCount: Int?
    /// Whether to stop when every task of the coordinator is closed.
    package let endsWhenClosed: Bool

    package init(roundCount: Int?, endsWhenClosed: Bool) {
        self.roundCount = roundCount
        self.endsWhenClosed = endsWhenClosed
    }
}
