import Foundation
import Glibc
import Simulation
import Tensors

extension RehearsedScenario {
    /// The processes of a rehearsal.
    struct Crew: Sendable {
        let coordinator: ManagedProcess
        let agents: [ManagedProcess]

        var all: [ManagedProcess] { [coordinator] + agents }
    }

    /// Sets everything up as an operator and participants would, up to the task's opening.
    func prepare() async throws(RehearsalError) -> Crew {
        let logs = plan.folder.appendingPathComponent("logs")
        let scenario = plan.folder.appendingPathComponent("scenario.yaml")
        do {
            try FileManager.default.createDirectory(at: logs, withIntermediateDirectories: true)
            try Data(plan.federation.scenario.text.utf8).write(to: scenario)
        } catch {
            throw RehearsalError(.processFailed, "\(plan.folder.path) cannot be written: \(error)")
        }
        let home = coordinatorFolder.path
        let port = try Self.freePort()
        let address = "127.0.0.1:\(port)"
        try await command("init", ["coordinator", "init", "--home", home, "--listen", address], logs).finish()
        let coordinator = command(
            "coordinator", ["coordinator", "run", "--home", home, "--exit-when-closed"], logs)
        try coordinator.start()
        try await waitUntilListening(port: port, coordinator)
        let invitation = command("invite", ["coordinator", "invite", "--home", home, "--open", "--quiet"], logs)
        try await invitation.finish()
        let line = invitation.logTail.split(separator: "\n").last { $0.hasPrefix("tributary://") }.map(String.init)
        guard let line else {
            throw RehearsalError(.processFailed, "`coordinator invite` printed no join string: \(invitation.logTail)")
        }
        let agents = try await join(line, scenario: scenario, logs)
        for agent in agents { try agent.start() }
        try await command("open", ["task", "open", scenario.path, "--home", home], logs).finish()
        progress(.ready(address: address, agents: agents.count))
        return Crew(coordinator: coordinator, agents: agents)
    }

    /// Registers the participants one after the other, so that each has its number in the scenario.
    private func join(
        _ line: String, scenario: URL, _ logs: URL
    ) async throws(RehearsalError) -> [ManagedProcess] {
        var agents: [ManagedProcess] = []
        for participant in plan.federation.participants {
            let number = Int(participant.number)
            let home = plan.folder.appendingPathComponent("agents/\(number)").path
            let rehearses = ["--scenario", scenario.path, "--participant", "\(number)"]
            let joining = command(
                "join-\(number)", ["agent", "join", line, "--home", home, "--label", participant.label], logs)
            try await joining.finish()
            let running = ["agent", "run", "--home", home, "--exit-when-closed"] + rehearses
            agents.append(command("agent-\(number)", running, logs))
        }
        return agents
    }

    private func command(_ name: String, _ arguments: [String], _ logs: URL) -> ManagedProcess {
        ManagedProcess(
            name: name, binary: plan.binary, arguments: arguments, log: logs.appendingPathComponent("\(name).log"))
    }

    /// Waits for the end of a process that is killed and restarted by the schedule alone.
    ///
    /// - Throws: if it ends by itself with an error.
    func watch(_ process: ManagedProcess) async throws {
        while !Task.isCancelled {
            let ending = await process.ended()
            if ending == .exited(0) { return }
            guard case .killed(SIGKILL) = ending else { throw process.failure(ending) }
            // Whoever killed it starts it again.
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Kills and restarts as the schedule says; stops where the rehearsal is over before the schedule.
    ///
    /// - Returns: kills of the coordinator and of agents.
    func disturb(_ crew: Crew) async throws -> (coordinator: Int, agents: Int) {
        let schedule = KillSchedule(count: plan.kills, agents: crew.agents.count, seed: plan.seed)
        var counts = (coordinator: 0, agents: 0)
        for (place, kill) in schedule.kills.enumerated() {
            try await Task.sleep(for: .milliseconds(kill.delayMs))
            let victim = kill.agent.map { crew.agents[$0] } ?? crew.coordinator
            if crew.coordinator.ending == .exited(0) { break }
            victim.send(SIGKILL)
            let ending = await victim.ended()
            guard ending == .killed(signal: SIGKILL) else {
                if ending == .exited(0), kill.agent == nil { break }
                throw victim.failure(ending)
            }
            if kill.agent == nil { counts.coordinator += 1 } else { counts.agents += 1 }
            try victim.start()
            progress(.killed(victim.name, number: place + 1, of: schedule.kills.count))
        }
        return counts
    }

    /// Connects until somebody listens: a process that starts cannot be waited for otherwise.
    private func waitUntilListening(port: UInt16, _ coordinator: ManagedProcess) async throws(RehearsalError) {
        let deadline = ContinuousClock.now + .seconds(RehearsalLimits.startSeconds)
        while !Self.isListening(port) {
            if let ending = coordinator.ending { throw coordinator.failure(ending) }
            guard ContinuousClock.now < deadline else {
                throw RehearsalError(
                    .timedOut,
                    "the coordinator does not listen after \(RehearsalLimits.startSeconds) s:\n\(coordinator.logTail)")
            }
            do { try await Task.sleep(for: .milliseconds(5)) } catch {
                throw RehearsalError(.interrupted, "stopped while the coordinator was starting")
            }
        }
    }
}
