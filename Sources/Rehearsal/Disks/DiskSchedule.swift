import Tensors

/// Whose disk is full when, and for how long: a function of the seed.
package struct DiskSchedule: Equatable, Sendable {
    /// One disk that is full for a while.
    package struct Filling: Equatable, Sendable {
        /// Whether it is the agent's that has a small disk, not the coordinator's.
        package let isAgents: Bool
        /// Milliseconds after the filling before it ended.
        package let delayMs: Int
        package let lastingMs: Int
    }

    package let fillings: [Filling]
    /// The agent that has a small disk.
    package let agent: Int

    /// A schedule of so many fillings, two in three of the coordinator's disk.
    package init(count: Int, agents: Int, seed: UInt64) {
        var generator = SeededGenerator(seed: seed, stream: "disks", 0)
        agent = agents == 0 ? 0 : generator.nextIndex(below: agents)
        fillings = (0..<count).map { _ in
            Filling(
                isAgents: agents > 0 && generator.nextIndex(below: 3) == 0,
                delayMs: generator.nextIndex(below: RehearsalLimits.fillingGapMs),
                lastingMs: 20 + generator.nextIndex(below: RehearsalLimits.fillingMs))
        }
    }
}
