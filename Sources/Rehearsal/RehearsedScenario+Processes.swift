import Foundation
import Glibc
import Simulation
import Tensors
import Wire

extension RehearsedScenario {
    /// The processes of a rehearsal.
    struct Crew: Sendable {
        let coordinator: ManagedProcess
        let agents: [ManagedProcess]
        /// Between them, where links are to fail.
        let proxy: ChaosProxy?

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
        do {
            let (agents, proxy) = try await gather(coordinator, port: port, scenario: scenario, logs)
            progress(.ready(address: address, agents: agents.count))
            return Crew(coordinator: coordinator, agents: agents, proxy: proxy)
        } catch {
            coordinator.send(SIGKILL)
            throw error
        }
    }

    /// Lets the agents in, starts them and opens the task.
    private func gather(
        _ coordinator: ManagedProcess, port: UInt16, scenario: URL, _ logs: URL
    ) async throws(RehearsalError) -> ([ManagedProcess], ChaosProxy?) {
        let home = coordinatorFolder.path
        try await waitUntilListening(port: port, coordinator)
        let invitation = command(
            "invite",
            ["coordinator", "invite", "--home", home, "--uses", "\(plan.federation.participants.count)", "--quiet"],
            logs)
        try await invitation.finish()
        let line = invitation.logTail.split(separator: "\n").last { $0.hasPrefix("tributary://") }.map(String.init)
        guard let line else {
            throw RehearsalError(.processFailed, "`coordinator invite` printed no join string: \(invitation.logTail)")
        }
        let proxy =
            plan.links == 0
            ? nil : try await ChaosProxy.start(coordinatorPort: Int(port), agents: plan.federation.participants.count)
        let lines = try (0..<plan.federation.participants.count).map { (place) throws(RehearsalError) in
            try Self.redirected(line, to: proxy?.ports[place])
        }
        let agents = try await join(lines, scenario: scenario, logs)
        do {
            for agent in agents { try agent.start() }
            try await command("open", ["task", "open", scenario.path, "--home", home], logs).finish()
        } catch {
            for agent in agents { agent.send(SIGKILL) }
            throw error
        }
        return (agents, proxy)
    }

    /// Registers the participants one after the other, so that each has its number in the scenario.
    private func join(
        _ lines: [String], scenario: URL, _ logs: URL
    ) async throws(RehearsalError) -> [ManagedProcess] {
        var agents: [ManagedProcess] = []
        for (participant, line) in zip(plan.federation.participants, lines) {
            let number = Int(participant.number)
            let home = agentFolder(number).path
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
            name: name, binary: plan.binary, arguments: arguments, log: logs.appendingPathComponent("\(name).log"),
            stateFolder: plan.folder.appendingPathComponent("state"))
    }

    /// The join string with another port, everything that it pins being as it was.
    private static func redirected(_ line: String, to port: Int?) throws(RehearsalError) -> String {
        guard let port else { return line }
        do throws(WireError) {
            let join = try JoinString(parsing: line)
            return JoinString(
                host: "127.0.0.1", port: port, certificate: join.certificate, verifier: join.verifier,
                invitation: join.invitation
            ).text
        } catch {
            throw RehearsalError(.processFailed, "`coordinator invite` printed a join string that is none: \(error)")
        }
    }

    /// Starts a process again whenever it was killed by the schedule, or ended because its disk was full; returns when
    /// it has ended well.
    ///
    /// - Throws: if it ends in any other way.
    func supervise(
        _ process: ManagedProcess, _ tally: Tally, restarted: (inout Disturbance) -> Void
    ) async throws {
        while !Task.isCancelled {
            let ending = await process.ended()
            try Task.checkCancellation()
            switch ending {
            case .exited(0): return
            case .killed(SIGKILL) where process.wasKilled: break
            case .killed(SIGTERM) where tally.isOver: return
            case .exited(Self.fullDiskExit) where plan.disks > 0:
                tally.note(restarted)
                progress(.restarted(process.name))
                try await Task.sleep(for: .milliseconds(RehearsalLimits.restartMs))
            default: throw process.failure(ending)
            }
            guard !tally.isOver else { return }
            try process.start()
            // Whoever told all to stop may have looked for it in between.
            if tally.isOver { process.send(SIGTERM) }
        }
    }

    /// What a process exits with that could not write: docs/exit-codes.md.
    private static let fullDiskExit: Int32 = 74

    /// Kills as the schedule says; stops where the rehearsal is over before the schedule.
    func kill(_ crew: Crew, _ tally: Tally) async throws {
        let schedule = KillSchedule(count: plan.kills, agents: crew.agents.count, seed: plan.seed)
        for (place, kill) in schedule.kills.enumerated() {
            try await Task.sleep(for: .milliseconds(kill.delayMs))
            let victim = kill.agent.map { crew.agents[$0] } ?? crew.coordinator
            // One that is being started again cannot be hit: the next moment will do.
            var ending = await victim.killed()
            while ending == nil, !tally.isOver {
                try await Task.sleep(for: .milliseconds(5))
                ending = await victim.killed()
            }
            guard !tally.isOver else { return }
            guard ending == .killed(signal: SIGKILL) else { continue }
            tally.note {
                if kill.agent == nil { $0.coordinatorKills += 1 } else { $0.agentKills += 1 }
            }
            progress(.killed(victim.name, number: place + 1, of: schedule.kills.count))
        }
    }

    /// Sets the faults of links as the schedule says; stops where the rehearsal is over before the schedule.
    func failLinks(_ crew: Crew, _ tally: Tally) async throws {
        guard let proxy = crew.proxy else { return }
        let schedule = LinkSchedule(count: plan.links, agents: crew.agents.count, seed: plan.seed)
        for (place, fault) in schedule.faults.enumerated() {
            try await Task.sleep(for: .milliseconds(fault.delayMs))
            guard !tally.isOver else { return }
            while await !proxy.set(fault) {
                try await Task.sleep(for: .milliseconds(20))
                guard !tally.isOver else { return }
            }
            progress(.linkFailed(number: place + 1, of: schedule.faults.count))
        }
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
