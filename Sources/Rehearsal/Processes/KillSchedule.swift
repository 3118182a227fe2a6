import Tensors

/// Who is killed when: a function of the seed.
package struct KillSchedule: Equatable, Sendable {
    /// One `kill -9`.
    package struct Kill: Equatable, Sendable {
        /// Nil for the coordinator.
        package let agent: Int?
        /// Milliseconds after the kill before it was dealt with.
        package let delayMs: Int
    }

    package let kills: [Kill]

    /// A schedule of so many kills, three in five of the coordinator, the others of agents drawn evenly.
    package init(count: Int, agents: Int, seed: UInt64) {
        var generator = SeededGenerator(seed: seed, stream: "kills", 0)
        let coordinatorKills = agents == 0 ? count : (count * 3 + 4) / 5
        var isCoordinator = Array(repeating: true, count: coordinatorKills)
        isCoordinator += Array(repeating: false, count: count - coordinatorKills)
        for place in isCoordinator.indices.dropLast() {
            isCoordinator.swapAt(place, place + generator.nextIndex(below: count - place))
        }
        kills = isCoordinator.map { hitsCoordinator in
            Kill(
                agent: hitsCoordinator ? nil : generator.nextIndex(below: agents),
                delayMs: generator.nextIndex(below: RehearsalLimits.killGapMs))
        }
    }

    /// How many of them hit the coordinator.
    package var coordinatorKills: Int { kills.count { $0.agent == nil } }
}
