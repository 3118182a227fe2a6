import Attestation
import Foundation
import NIOSSL
import Wire

/// Thousands of agents that wait: what they cost a coordinator, and how soon all of them know when a round opens.
///
/// The coordinator is a process of its own; the agents are connections of this one over TLS, each with its own key,
/// session and long poll.
struct IdleAgentsBenchmark {
    let agentCount: Int
    /// How long they wait while the coordinator is measured; a long poll lasts 25 s.
    let idleSeconds: Double

    /// Connections that are being set up at one time.
    private static let settingUp = 64
    /// Agents of one loopback address, so that the limit of an address is not what is measured.
    private static let agentsOfAddress = 200
    private static let descriptorReserve = 512
    private static let invitationSeconds = 60

    private struct Agent: Sendable {
        let client: BareClient
        let session: BareClient.Session
    }

    func run() async throws -> [Figure] {
        try DescriptorLimit.raise(to: UInt64(agentCount + Self.descriptorReserve))
        let coordinator = try ScratchCoordinator()
        do {
            let figures = try await measure(coordinator)
            let code = coordinator.stop()
            guard code == 0 else {
                throw CommandFailureError(
                    failure: CommandFailure(code: "stop", .failure, "the coordinator ended with exit code \(code)"))
            }
            return figures
        } catch {
            coordinator.stop()
            throw error
        }
    }

    private func measure(_ coordinator: ScratchCoordinator) async throws -> [Figure] {
        let empty = try coordinator.memoryMebibytes("VmRSS")
        let clock = ContinuousClock()
        let start = clock.now
        let agents = try await connect(coordinator.join, coordinator.tls)
        let settingUp = (clock.now - start) / .seconds(1)
        let arrivals = try await withThrowingTaskGroup(of: ContinuousClock.Instant.self) { group in
            for agent in agents { group.addTask { try await Self.awaitWork(agent) } }
            // Everybody waits before the clock of the idle time starts.
            try await Task.sleep(for: .seconds(1))
            let (before, began) = (try coordinator.processorSeconds(), clock.now)
            try await Task.sleep(for: .seconds(idleSeconds))
            let idle = (clock.now - began) / .seconds(1)
            let share = (try coordinator.processorSeconds() - before) / idle
            let memory = try coordinator.memoryMebibytes("VmRSS")
            let opened = clock.now
            try await openTask(coordinator)
            var seconds: [Double] = []
            for try await arrival in group { seconds.append((arrival - opened) / .seconds(1)) }
            return (share: share, memory: memory, seconds: seconds.sorted())
        }
        for agent in agents { agent.client.close() }
        guard let last = arrivals.seconds.last else { return [] }
        return [
            Figure("agents", Double(agentCount), "agents", "connected, each with a session and a long poll over TLS"),
            Figure("setup_seconds", settingUp, "s", "to connect, sign in and register them"),
            Figure("idle_mebibytes", arrivals.memory, "MiB", "the coordinator's memory while they wait"),
            Figure("empty_mebibytes", empty, "MiB", "the same before they came"),
            Figure("peak_mebibytes", try coordinator.memoryMebibytes("VmHWM"), "MiB", "its peak, all of it"),
            Figure("idle_core_percent", arrivals.share * 100, "%", "of a core while they wait"),
            Figure(
                "invited_median_seconds", arrivals.seconds[arrivals.seconds.count / 2], "s", "until half were invited"),
            Figure("invited_last_seconds", last, "s", "from opening the task until the last was invited"),
        ]
    }

    /// Connects and registers all agents, some at a time.
    private func connect(_ join: JoinString, _ tls: NIOSSLContext) async throws -> [Agent] {
        try await withThrowingTaskGroup(of: Agent.self) { group in
            var agents: [Agent] = []
            var next = 0
            while agents.count < agentCount {
                while next < agentCount, next - agents.count < Self.settingUp {
                    let number = next
                    group.addTask { try await Self.agent(number, join, tls) }
                    next += 1
                }
                if let agent = try await group.next() { agents.append(agent) }
            }
            return agents
        }
    }

    private static func agent(_ number: Int, _ join: JoinString, _ tls: NIOSSLContext) async throws -> Agent {
        let source = "127.0.1.\(1 + number / agentsOfAddress)"
        let client = try await BareClient.connect(to: join, tls: tls, from: source)
        let key = try SigningKey.generate()
        let session = try await client.openSession(key, .participant, origin: join.verifier.name)
        var request = WireRegistrationRequest()
        request.label = "idle-\(number)"
        request.invitation = join.invitation
        _ = try await client.ask("/v1/participants", request, session: session, as: WireRegistration.self)
        return Agent(client: client, session: session)
    }

    /// Asks for work until there is some.
    private static func awaitWork(_ agent: Agent) async throws -> ContinuousClock.Instant {
        var request = WireWorkRequest()
        request.waitMs = WireLimits.workWaitMs
        while true {
            let work = try await agent.client.ask("/v1/work", request, session: agent.session, as: WireWork.self)
            if case .train = work.kind { return ContinuousClock.now }
        }
    }

    /// Opens a task that wants everybody.
    private func openTask(_ coordinator: ScratchCoordinator) async throws {
        let client = try await BareClient.connect(to: coordinator.join, tls: coordinator.tls, from: "127.0.0.1")
        defer { client.close() }
        let key = try SigningKey(seed: coordinator.keySeed())
        let session = try await client.openSession(key, .operator, origin: coordinator.join.verifier.name)
        var request = WireOpenTaskRequest()
        request.text = """
            name: everybody
            rounds: 1
            schema: { features: 64, classes: 10 }
            training: { epochs: 1, batch: 10, learning_rate: 0.1 }
            cohort: { size: \(agentCount), quorum: 1, deadline_s: \(Self.invitationSeconds) }
            reward: { score: samples, samples_cap: 1000, pool: "1" }

            """
        request.data = "digits"
        request.validationCount = 20
        request.testCount = 20
        _ = try await client.ask("/v1/tasks", request, session: session, as: WireOpenTaskReply.self)
    }
}
