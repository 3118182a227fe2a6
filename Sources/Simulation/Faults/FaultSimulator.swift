import Attestation
import Coordination
import Federation
import Ledger

/// One seed's world: a coordinator and agents whose disks, links, clocks and processes fail, in virtual time.
///
/// Everything is a function of the seed: the tasks, the faults and their order. For a while faults strike; then they
/// stop, and what is left must finish. Along the way and at the end it is checked that nothing was lost, invented or
/// paid twice. After TigerBeetle's VOPR. One thread drives it, hence `@unchecked Sendable`.
package final class FaultSimulator: @unchecked Sendable {
    /// A party that is broken on purpose, to see that the checks notice.
    package enum Sabotage: Sendable {
        /// The ledger's disk loses its last commit when the coordinator crashes.
        case diskForgetsCommits
        /// The coordinator's disk keeps no model but the first.
        case diskForgetsModels
        /// An honest agent signs a new statement whenever it sends one again.
        case agentSignsAgain
    }

    /// What is scheduled.
    enum WorldEvent {
        case request(from: Int, id: UInt64, AgentRequest)
        case response(to: Int, id: UInt64, CoordinatorResponse)
        case timeout(agent: Int, id: UInt64)
        case step(agent: Int, life: Int)
        case comeBack(agent: Int, life: Int)
        case openTask(Int)
        case start
        case timer(life: Int, atMs: UInt64)
        case job(life: Int, task: Digest, CoordinatorJobResult)
        case heal(agent: Int)
        case emptyDisk
        case weather
    }

    let scenario: FaultScenario
    let sabotage: Sabotage?
    let faults: FaultSource
    let ledger = LedgerDisk()
    let vault = VaultDisk()
    let signer: NoteSigner
    let coordinatorKey: SigningKey
    var clock: VirtualClock<WorldEvent>
    private(set) var agents: [FaultyAgent] = []
    /// Nil while its process is down.
    var server: FaultyServer?
    var livesBegun = 0
    /// The coordinator's clock runs that far ahead of the world's.
    var clockAheadMs: Int64 = 0
    /// Links that are cut: towards the coordinator, and from it.
    var cutInward: Set<Int> = []
    var cutOutward: Set<Int> = []
    /// Tasks whose opening the operator has heard confirmed.
    var openedTasks: Set<Int> = []
    var operatorRequests: [UInt64: Int] = [:]
    private var nextRequest: UInt64 = 1
    /// Every update that was ever made, by digest.
    var archive: [Digest: [UInt8]] = [:]
    /// What honest agents have let out of the house: one statement a round of a task.
    var released: [Int: [TaskRound: SignedContribution]] = [:]
    /// Contributions that were answered as accepted.
    var acknowledged: [(sequence: UInt64, contribution: SignedContribution)] = []
    /// Heads of the log that somebody has seen.
    var seenHeads: [Checkpoint] = []
    /// The first thing that was wrong.
    private(set) var violation: String?
    /// Hears a line for every event; for people.
    let listen: ((String) -> Void)?
    private var trace = FaultTrace()

    /// When the simulated world begins: 2026-01-01T00:00:00Z.
    static let epochMs: UInt64 = 1_767_225_600_000

    /// A world.
    ///
    /// - Parameter listen: hears a line for every event.
    package init(
        seed: UInt64, sabotage: Sabotage? = nil, listen: ((String) -> Void)? = nil
    ) throws {
        scenario = try FaultScenario(seed: seed)
        self.sabotage = sabotage
        self.listen = listen
        faults = FaultSource(seed: seed, rates: FaultRates(seed: seed))
        clock = VirtualClock(nowMs: Self.epochMs)
        coordinatorKey = try SimulatedParticipant.simulationKey("coordinator", 0, seed: seed)
        signer = try NoteSigner(name: "tributary.simulation/faults", key: coordinatorKey)
        agents = try (0..<scenario.agentCount).map { index in
            FaultyAgent(
                index: index, key: try SimulatedParticipant.simulationKey("participant", index, seed: seed),
                cheats: index >= scenario.honestCount, world: self)
        }
    }

    /// Lets the world run until every task is closed, or something is wrong.
    package func run() throws -> FaultReport {
        try begin()
        let calmAtMs = Self.epochMs + scenario.calmAfterMs
        while violation == nil, !isOver {
            guard let event = clock.next() else {
                fail("nothing is left to happen, but not every task is closed")
                break
            }
            faults.tally.events += 1
            if !faults.isCalm, clock.nowMs >= calmAtMs { calmDown() }
            if clock.nowMs > calmAtMs + SimulationLimits.calmTimeMs
                || faults.tally.events > SimulationLimits.faultEventCount
            {
                fail("not every task is closed after \((clock.nowMs - Self.epochMs) / 1_000) s: \(standing)")
                break
            }
            handle(event)
        }
        if violation == nil { violation = FaultAudit(self).firstViolation() }
        finishTally()
        return FaultReport(
            seed: scenario.seed, violation: violation, tally: faults.tally, traceDigest: trace.digest)
    }

    private func begin() throws {
        let store = InMemoryLedgerStore()
        let genesis = Genesis(
            origin: signer.verifier.name, coordinatorKey: coordinatorKey.publicKey, asset: "TRIB",
            cap: 10_000_000_000, rulesVersion: LedgerRules.version,
            grants: [Genesis.Grant(account: try AccountName("sponsor/acme"), amount: scenario.sponsorGrant)])
        try Coordinator.create(store: store, signer: signer, genesis: genesis, nowMs: Self.epochMs)
        let entries = try store.entries(in: 0..<store.count).map { try EncodedEntry(decoding: $0.bytes) }
        ledger.commit(entries, balances: try store.balances())
        if let note = try store.lastCheckpoint() { ledger.keep(checkpoint: note, size: store.count) }
        clock.schedule(.start, atMs: clock.nowMs)
        clock.schedule(.weather, atMs: clock.nowMs + SimulationLimits.weatherMs)
        for index in scenario.tasks.indices {
            clock.schedule(.openTask(index), atMs: clock.nowMs + scenario.tasks[index].openAfterMs)
        }
        for agent in agents { schedule(agent, afterMs: faults.draw(0...3_000)) }
    }

    private func handle(_ event: WorldEvent) {
        switch event {
        case .request(let client, let id, let request):
            note(1, UInt64(client), id) { "agent \(client) → \(request.brief)" }
            atServer { server in server.take(request, from: client, id: id) }
        case .response(let client, let id, let response):
            note(2, UInt64(client), id) { "agent \(client) ← \(response.brief)" }
            deliver(response, to: client, id: id)
        case .timeout(let agent, let id):
            agent < agents.count ? agents[agent].timedOut(id) : operatorTimedOut(id)
        case .step(let index, let life):
            note(3, UInt64(index), UInt64(life)) { "agent \(index) at \(agents[index].stageName)" }
            if agents[index].life == life { agents[index].step() }
        case .comeBack(let index, let life):
            note(4, UInt64(index)) { "agent \(index) comes back" }
            if agents[index].life == life { agents[index].comeBack() }
        case .openTask(let task): openTask(task)
        case .start: startServer()
        case .timer(let life, let atMs):
            if server?.life.number == life { atServer { server in server.timerFired(atMs) } }
        case .job(let life, let task, let result):
            note(5, UInt64(life)) { "a job is done" }
            if server?.life.number == life { atServer { server in server.jobDone(result, of: task) } }
        case .heal(let agent):
            cutInward.remove(agent)
            cutOutward.remove(agent)
        case .emptyDisk: faults.isDiskFull = false
        case .weather: changeWeather()
        }
    }

    /// Notes the first thing that is wrong.
    func fail(_ message: String) {
        if violation == nil { violation = message }
        listen?("VIOLATION: \(message)")
    }

    /// Counts an event in the trace's digest, and tells whoever listens.
    func note(_ words: UInt64..., text: () -> String) {
        trace.add(clock.nowMs)
        for word in words { trace.add(word) }
        listen?("\(Double(clock.nowMs - Self.epochMs) / 1_000) \(text())")
    }

    // MARK: - Time and links

    /// The coordinator's clock.
    var coordinatorMs: UInt64 { UInt64(Int64(clock.nowMs) + clockAheadMs) }

    /// Sends a request through the network.
    ///
    /// - Returns: its number, which the answer will carry.
    func send(_ request: AgentRequest, from client: Int) -> UInt64 {
        defer { nextRequest += 1 }
        let id = nextRequest
        clock.schedule(.timeout(agent: client, id: id), atMs: clock.nowMs + request.timeoutMs)
        travel(.request(from: client, id: id, request), isCut: cutInward.contains(client))
        return id
    }

    /// Sends an answer through the network.
    func answer(_ response: CoordinatorResponse, to client: Int, id: UInt64) {
        travel(.response(to: client, id: id, response), isCut: cutOutward.contains(client))
    }

    private func travel(_ event: WorldEvent, isCut: Bool) {
        if isCut || faults.strikes(faults.rates.drop) {
            faults.tally.droppedMessages += 1
            return
        }
        clock.schedule(event, atMs: clock.nowMs + travelMs)
        if faults.strikes(faults.rates.duplicate) {
            faults.tally.duplicatedMessages += 1
            clock.schedule(event, atMs: clock.nowMs + travelMs)
        }
    }

    private var travelMs: UInt64 {
        faults.strikes(faults.rates.longDelay) ? faults.draw(1...60_000) : faults.draw(1...40)
    }

    func schedule(_ agent: FaultyAgent, afterMs: UInt64) {
        clock.schedule(.step(agent: agent.index, life: agent.life), atMs: clock.nowMs + afterMs)
    }

    func scheduleReturn(_ agent: FaultyAgent, afterMs: UInt64) {
        clock.schedule(.comeBack(agent: agent.index, life: agent.life), atMs: clock.nowMs + afterMs)
    }

    func task(_ id: Digest) -> FaultScenario.PlannedTask? { scenario.tasks.first { $0.id == id } }

    private func deliver(_ response: CoordinatorResponse, to client: Int, id: UInt64) {
        if client < agents.count { agents[client].receive(response, to: id) } else { operatorHeard(response, id: id) }
    }

    // MARK: - The end

    /// Every task is closed, and every agent knows what became of what it sent.
    private var isOver: Bool {
        ledger.closed.count == scenario.tasks.count && openedTasks.count == scenario.tasks.count
            && agents.allSatisfy(\.isSettled) && server != nil
    }

    /// Where things stand, for a message.
    private var standing: String {
        let stages = agents.map { "agent \($0.index) \($0.stageName)" }
        let tasks = server?.coordinator.tasks(nowMs: coordinatorMs).map {
            "\($0.name) \($0.stage) round \($0.round) \($0.waitingFor ?? "")"
        }
        return (stages + (tasks ?? ["the coordinator is down"])).joined(separator: "; ")
    }

    private func finishTally() {
        faults.tally.seeds = 1
        faults.tally.entries = ledger.entries.count
        faults.tally.tasksClosed = ledger.closed.count
        faults.tally.virtualMs = clock.nowMs - Self.epochMs
        for body in ledger.bodies {
            switch body {
            case .roundSealed(let sealed):
                if sealed.outcome == .aggregated {
                    faults.tally.roundsAggregated += 1
                } else {
                    faults.tally.roundsWithoutQuorum += 1
                }
            case .contributionAccepted: faults.tally.accepted += 1
            case .contributionRefused: faults.tally.refused += 1
            default: break
            }
        }
        trace.add(UInt64(ledger.entries.count))
        trace.add(ledger.entries.last?.leafHash ?? .zero)
    }
}
