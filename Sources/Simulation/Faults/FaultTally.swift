/// What happened in one or many seeds' worlds.
package struct FaultTally: Equatable, Sendable {
    package var seeds = 0
    package var events = 0
    package var coordinatorCrashes = 0
    package var agentCrashes = 0
    package var restarts = 0
    package var droppedMessages = 0
    package var duplicatedMessages = 0
    package var failedWrites = 0
    package var damagedBlobs = 0
    package var clockJumps = 0
    package var roundsAggregated = 0
    package var roundsWithoutQuorum = 0
    package var accepted = 0
    package var refused = 0
    package var resends = 0
    package var ejections = 0
    package var tasksClosed = 0
    package var entries = 0
    /// Milliseconds of simulated time.
    package var virtualMs: UInt64 = 0

    package init() {}

    /// Adds another world's counts.
    package mutating func add(_ other: FaultTally) {
        seeds += other.seeds
        events += other.events
        coordinatorCrashes += other.coordinatorCrashes
        agentCrashes += other.agentCrashes
        restarts += other.restarts
        droppedMessages += other.droppedMessages
        duplicatedMessages += other.duplicatedMessages
        failedWrites += other.failedWrites
        damagedBlobs += other.damagedBlobs
        clockJumps += other.clockJumps
        roundsAggregated += other.roundsAggregated
        roundsWithoutQuorum += other.roundsWithoutQuorum
        accepted += other.accepted
        refused += other.refused
        resends += other.resends
        ejections += other.ejections
        tasksClosed += other.tasksClosed
        entries += other.entries
        virtualMs += other.virtualMs
    }
}
