import Federation
package import Foundation
package import Simulation
import Tensors

/// Carries out a scenario with real processes on this machine: one coordinator, one agent for each participant, TLS
/// over
/// loopback, `kill -9` where the schedule says, and at the end a comparison with what `simulate` makes of the scenario.
package struct RehearsedScenario: Sendable {
    /// What is to be done.
    package struct Plan: Sendable {
        /// The program that is started: this one.
        package var binary: String
        /// The scenario; every participant must be in every round, so that all runs accept the same set.
        package var federation: PreparedFederation
        /// A new folder, for the coordinator's and the agents' files and the logs.
        package var folder: URL
        package var kills: Int
        package var seed: UInt64

        package init(binary: String, federation: PreparedFederation, folder: URL, kills: Int, seed: UInt64) {
            self.binary = binary
            self.federation = federation
            self.folder = folder
            self.kills = kills
            self.seed = seed
        }
    }

    /// What happens while it runs, for people.
    package enum Progress: Sendable {
        case ready(address: String, agents: Int)
        case killed(String, number: Int, of: Int)
        case finished
    }

    let plan: Plan
    let progress: @Sendable (Progress) -> Void

    package init(_ plan: Plan, progress: @escaping @Sendable (Progress) -> Void = { _ in }) throws(RehearsalError) {
        let scenario = plan.federation.scenario
        guard scenario.participantCount <= RehearsalLimits.agentCount else {
            throw RehearsalError(
                .unsuitable,
                "\(scenario.participantCount) participants; at most \(RehearsalLimits.agentCount) processes")
        }
        self.plan = plan
        self.progress = progress
    }

    /// The coordinator's folder.
    package var coordinatorFolder: URL { plan.folder.appendingPathComponent("coordinator") }

    /// Runs it to the end.
    ///
    /// - Throws: `RehearsalError`; the processes that it started are gone then.
    package func run() async throws(RehearsalError) -> RehearsalReport {
        let start = ContinuousClock.now
        let crew = try await prepare()
        defer { for process in crew.all { process.send(SIGKILL) } }
        let kills: (coordinator: Int, agents: Int)
        do {
            kills = try await accompany(crew)
        } catch let error as RehearsalError {
            throw error
        } catch {
            throw RehearsalError(.interrupted, "stopped: \(error)")
        }
        progress(.finished)
        return try report(
            seconds: (ContinuousClock.now - start) / .seconds(1), coordinatorKills: kills.coordinator,
            agentKills: kills.agents)
    }

    /// Watches and disturbs the processes until the coordinator has closed its last task.
    private func accompany(_ crew: Crew) async throws -> (coordinator: Int, agents: Int) {
        try await withThrowingTaskGroup(of: (coordinator: Int, agents: Int)?.self) { group in
            for agent in crew.agents {
                group.addTask {
                    try await watch(agent)
                    return nil
                }
            }
            group.addTask { try await disturb(crew) }
            group.addTask {
                try await watch(crew.coordinator)
                for agent in crew.agents { agent.send(SIGTERM) }
                return nil
            }
            var counts = (coordinator: 0, agents: 0)
            do {
                while let result = try await group.next() { counts = result ?? counts }
            } catch {
                group.cancelAll()
                for process in crew.all { process.send(SIGKILL) }
                throw error
            }
            return counts
        }
    }
}
