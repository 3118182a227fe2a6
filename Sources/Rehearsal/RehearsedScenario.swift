import Federation
package import Foundation
package import Simulation
import Tensors

/// Carries out a scenario with real processes on this machine: one coordinator, one agent for each participant, TLS
/// over loopback; kills, failing links and full disks where the schedules say; and at the end a comparison with what
/// `simulate` makes of the scenario.
package struct RehearsedScenario: Sendable {
    /// What is to be done.
    package struct Plan: Sendable {
        /// The program that is started: this one.
        package var binary: String
        /// The scenario; every participant must be in every round, so that all runs accept the same set.
        package var federation: PreparedFederation
        /// A new folder, for the coordinator's and the agents' files and the logs.
        package var folder: URL
        /// How often a process is killed.
        package var kills = 0
        /// How often a link fails.
        package var links = 0
        /// How often a disk is full: this process must have mounts of its own then.
        package var disks = 0
        package var seed: UInt64

        package init(binary: String, federation: PreparedFederation, folder: URL, seed: UInt64) {
            self.binary = binary
            self.federation = federation
            self.folder = folder
            self.seed = seed
        }
    }

    /// What happens while it runs, for people.
    package enum Progress: Sendable {
        case ready(address: String, agents: Int)
        case killed(String, number: Int, of: Int)
        case linkFailed(number: Int, of: Int)
        case diskFull(String, ms: Int, number: Int, of: Int)
        case restarted(String)
        case finished
    }

    let plan: Plan
    let progress: @Sendable (Progress) -> Void

    /// - Throws: `RehearsalError` with code `unsuitable` for a scenario that real processes cannot carry out, or not
    ///   so that it can be compared.
    package init(_ plan: Plan, progress: @escaping @Sendable (Progress) -> Void = { _ in }) throws(RehearsalError) {
        let scenario = plan.federation.scenario
        guard scenario.participantCount <= RehearsalLimits.agentCount else {
            throw RehearsalError(
                .unsuitable,
                "\(scenario.participantCount) participants; at most \(RehearsalLimits.agentCount) processes")
        }
        let cohort = scenario.task.cohort
        guard plan.kills + plan.links + plan.disks == 0 || cohort.quorum == scenario.participantCount else {
            throw RehearsalError(
                .unsuitable,
                """
                the quorum is \(cohort.quorum) of \(scenario.participantCount) participants: whoever is disturbed could \
                miss a round, and there would be nothing to compare with
                """, hint: "set cohort.size and cohort.quorum to \(scenario.participantCount)")
        }
        guard plan.links + plan.disks == 0 || cohort.deadlineSeconds >= RehearsalLimits.deadlineSeconds else {
            throw RehearsalError(
                .unsuitable, "a round's deadline is \(cohort.deadlineSeconds) s: what is held up could miss it",
                hint: "set cohort.deadline_s to at least \(RehearsalLimits.deadlineSeconds)")
        }
        self.plan = plan
        self.progress = progress
        guard plan.disks == 0 || coordinatorDiskByteCount <= RehearsalLimits.diskByteCount else {
            throw RehearsalError(
                .unsuitable,
                "the coordinator's folder needs \(coordinatorDiskByteCount >> 20) MiB of memory as a small disk",
                hint: "take fewer rounds or a smaller model, or leave --disks out")
        }
    }

    /// The coordinator's folder.
    package var coordinatorFolder: URL { plan.folder.appendingPathComponent("coordinator") }

    func agentFolder(_ number: Int) -> URL { plan.folder.appendingPathComponent("agents/\(number)") }

    /// Runs it to the end.
    ///
    /// - Throws: `RehearsalError`; the processes that it started are gone then.
    package func run() async throws(RehearsalError) -> RehearsalReport {
        let start = ContinuousClock.now
        let disks = plan.disks > 0 ? try SmallDisks(self) : nil
        let disturbance: Disturbance
        do {
            disturbance = try await carryOut(disks)
        } catch {
            // What it left is evidence.
            try? disks?.keep()
            throw error
        }
        try disks?.keep()
        progress(.finished)
        return try report(seconds: (ContinuousClock.now - start) / .seconds(1), disturbance)
    }

    private func carryOut(_ disks: SmallDisks?) async throws(RehearsalError) -> Disturbance {
        let crew = try await prepare()
        defer {
            for process in crew.all { process.send(SIGKILL) }
            crew.proxy?.stop()
        }
        do {
            return try await withTaskCancellationHandler {
                try await accompany(crew, disks)
            } onCancel: {
                for process in crew.all { process.send(SIGKILL) }
            }
        } catch let error as RehearsalError {
            throw error
        } catch is CancellationError {
            throw RehearsalError(.interrupted, "the rehearsal was stopped before its end")
        } catch {
            throw RehearsalError(.processFailed, "\(error)")
        }
    }

    /// Watches and disturbs the processes until the coordinator has closed its last task.
    private func accompany(_ crew: Crew, _ disks: SmallDisks?) async throws -> Disturbance {
        let tally = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for agent in crew.agents { group.addTask { try await supervise(agent, tally) { $0.agentRestarts += 1 } } }
            group.addTask { try await kill(crew, tally) }
            group.addTask { try await failLinks(crew, tally) }
            if let disks { group.addTask { try await disks.fill(tally, progress) } }
            group.addTask {
                try await supervise(crew.coordinator, tally) { $0.coordinatorRestarts += 1 }
                tally.end()
                for agent in crew.agents { agent.send(SIGTERM) }
            }
            do {
                while try await group.next() != nil {}
            } catch {
                group.cancelAll()
                for process in crew.all { process.send(SIGKILL) }
                throw error
            }
        }
        if let counts = await crew.proxy?.counts() { tally.note { $0.links = counts } }
        return tally.disturbance
    }
}
