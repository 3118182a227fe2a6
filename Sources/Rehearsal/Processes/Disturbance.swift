/// What was done to the processes of a rehearsal, and how often they were started again.
package struct Disturbance: Equatable, Sendable {
    package internal(set) var coordinatorKills = 0
    package internal(set) var agentKills = 0
    package internal(set) var coordinatorFillings = 0
    package internal(set) var agentFillings = 0
    /// Starts after a process had ended by itself, saying that its disk was full.
    package internal(set) var coordinatorRestarts = 0
    package internal(set) var agentRestarts = 0
    package internal(set) var links = LinkCounts()

    package init() {}
}
