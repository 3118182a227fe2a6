import Attestation
import Coordination
import Federation
import Ledger

/// One life of the coordinator's process: the core, and a shell that does what the real server's does (requests, parked
/// polls, jobs one after the other, timers).
final class FaultyServer {
    /// A poll that waits for work.
    private struct Parked {
        let client: Int
        let id: UInt64
        let key: PublicKey
        let query: WorkQuery
        let untilMs: UInt64
    }

    let life: ProcessLife
    let coordinator: Coordinator
    private unowned let world: FaultSimulator
    private let vault: FaultyVault
    private let shell: Shell
    private var parked: [Parked] = []
    private var wakeAtMs: UInt64?

    /// What the core reaches through its environment's closures, before it is there itself.
    private final class Shell {
        /// Jobs by task, the first one under way.
        var queues: [Digest: [CoordinatorJob]] = [:]
        /// Keys whose polls may have another answer; `everybody` for all.
        var woken: Set<PublicKey> = []
        var isEverybodyWoken = false
        var starting: [Digest] = []
    }

    /// Starts over the disk's content.
    init(world: FaultSimulator, life: ProcessLife) throws(CoordinationError) {
        self.world = world
        self.life = life
        let faults = world.faults
        let vault = FaultyVault(
            disk: world.vault, life: life, faults: faults, losesModels: world.sabotage == .diskForgetsModels)
        self.vault = vault
        let shell = Shell()
        self.shell = shell
        let environment = Coordinator.Environment(
            store: FaultyLedgerStore(disk: world.ledger, life: life, faults: faults), signer: world.signer,
            vault: vault, threads: 1,
            material: { [unowned world] opened in
                guard let task = world.task(opened.task) else {
                    throw CoordinationError(.notFound, "no material for task \(opened.task)")
                }
                return task.material
            },
            submit: { job in
                guard !faults.crashPoint(life) else { return }
                shell.queues[job.task, default: []].append(job)
                if shell.queues[job.task]?.count == 1 { shell.starting.append(job.task) }
            },
            notify: { [unowned world] notice in
                guard !faults.crashPoint(life) else { return }
                if case .workChanged(let keys) = notice {
                    if let keys { shell.woken.formUnion(keys) } else { shell.isEverybodyWoken = true }
                }
                world.heard(notice)
            },
            makeSecret: { [unowned world] in
                TaskSecret(SHA256.hash(world.faults.nonce() + world.faults.nonce()))
            })
        coordinator = try Coordinator(environment, nowMs: world.coordinatorMs)
    }

    // MARK: - Requests

    /// Carries out a request, or parks it.
    func take(_ request: AgentRequest, from client: Int, id: UInt64) {
        do throws(CoordinationError) {
            if let response = try carryOut(request, from: client, id: id) { reply(response, to: client, id: id) }
        } catch {
            meet(error)
            if error.code != .ledgerFailed { reply(.problem(error), to: client, id: id) }
        }
    }

    private func carryOut(
        _ request: AgentRequest, from client: Int, id: UInt64
    ) throws(CoordinationError) -> CoordinatorResponse? {
        let nowMs = world.coordinatorMs
        switch request {
        case .register(let key, let label):
            let (number, sequence) = try coordinator.register(key, label: label, nowMs: nowMs)
            return .registered(number, sequence: sequence)
        case .work(let key, let query):
            let answer = try coordinator.work(for: key, query: query, nowMs: nowMs)
            guard case .idle = answer else { return .work(answer) }
            parked.append(
                Parked(
                    client: client, id: id, key: key, query: query,
                    untilMs: world.clock.nowMs + SimulationLimits.parkedPollMs))
            return nil
        case .modelChunk(let digest, let index):
            guard let task = coordinator.taskOfModel(digest) else {
                throw CoordinationError(.notFound, "no task has the model \(digest)")
            }
            return .modelChunk(try modelChunk(task, digest, index))
        case .beginUpload(let plan):
            try coordinator.checkUpload(plan, nowMs: nowMs)
            return .missing(try vault.beginUpload(plan).flatMap { Array($0) })
        case .putChunk(let task, let round, let digest, let index, let bytes):
            try vault.putChunk(task: task, round: round, digest: digest, index: index, bytes: bytes)
            return .done
        case .submit(let contribution):
            let (life, faults) = (life, world.faults)
            let world = world
            try coordinator.submit(contribution, nowMs: nowMs) { answer in
                guard !faults.crashPoint(life) else { return }
                world.acknowledgeAll()
                world.answer(.contribution(answer), to: client, id: id)
            }
            return nil
        case .leave(let key):
            try coordinator.leave(key, nowMs: nowMs)
            return .done
        case .receipt(let sequence): return .receipt(try coordinator.receipt(sequence: sequence, for: nil))
        case .entries(let first): return .entries(try coordinator.entries(from: first, count: 1_000))
        case .open(let index):
            let task = world.scenario.tasks[index]
            _ = try coordinator.open(task.material, nowMs: nowMs)
            return .opened
        }
    }

    private func modelChunk(_ task: Digest, _ digest: Digest, _ index: Int) throws(CoordinationError) -> [UInt8] {
        let file = try vault.model(task: task, digest: digest)
        let lower = index * BlobDigest.chunkByteCount
        guard lower < file.byteCount else { throw CoordinationError(.notFound, "no chunk \(index)") }
        var chunk = [UInt8](repeating: 0, count: min(file.byteCount - lower, BlobDigest.chunkByteCount))
        do {
            try chunk.withUnsafeMutableBytes { try file.read(into: $0, at: lower) }
        } catch {
            throw CoordinationError(.storageFailed, "\(error)")
        }
        return chunk
    }

    private func reply(_ response: CoordinatorResponse, to client: Int, id: UInt64) {
        guard !world.faults.crashPoint(life) else { return }
        world.acknowledgeAll()
        world.answer(response, to: client, id: id)
    }

    /// After an I/O error of the ledger the process stops; without one the ledger's rules and the core disagree.
    private func meet(_ error: CoordinationError) {
        guard error.code == .ledgerFailed else { return }
        if !life.hadFault { world.fail("the ledger refused what the core proposed: \(error)") }
        life.hasEnded = true
    }

    // MARK: - Jobs and timers

    func jobDone(_ result: CoordinatorJobResult, of task: Digest) {
        shell.queues[task]?.removeFirst()
        if shell.queues[task]?.isEmpty == false { shell.starting.append(task) }
        do throws(CoordinationError) {
            try coordinator.complete(result, nowMs: world.coordinatorMs)
        } catch {
            meet(error)
        }
    }

    /// A timer that was set later than a newer one means nothing.
    func timerFired(_ atMs: UInt64) {
        if wakeAtMs == atMs { wakeAtMs = nil }
    }

    /// Sees to it that the coordinator is asked again then.
    private func wake(atMs: UInt64) {
        let nextMs = max(atMs, world.clock.nowMs + 1)
        if let wakeAtMs, wakeAtMs <= nextMs { return }
        wakeAtMs = nextMs
        world.clock.schedule(.timer(life: life.number, atMs: nextMs), atMs: nextMs)
    }

    /// After every event: fires what is due, starts jobs, answers polls.
    func settle() {
        let coordinatorMs = world.coordinatorMs
        do throws(CoordinationError) {
            if let nextMs = try coordinator.advance(nowMs: coordinatorMs) {
                wake(atMs: world.clock.nowMs + (nextMs - min(nextMs, coordinatorMs)))
            }
            answerPolls()
        } catch {
            meet(error)
        }
        startJobs()
    }

    private func startJobs() {
        while !shell.starting.isEmpty, !life.hasEnded {
            let task = shell.starting.removeFirst()
            guard let job = shell.queues[task]?.first, !world.faults.crashPoint(life) else { return }
            let result = job.run()
            let isSlow = world.faults.strikes(world.faults.rates.slowJob)
            let durationMs = world.faults.draw(isSlow ? 1...60_000 : 0...20)
            world.clock.schedule(.job(life: life.number, task: task, result), atMs: world.clock.nowMs + durationMs)
        }
    }

    private func answerPolls() {
        let nowMs = world.clock.nowMs
        guard !life.hasEnded else { return }
        let (woken, isEverybodyWoken) = (shell.woken, shell.isEverybodyWoken)
        shell.woken.removeAll()
        shell.isEverybodyWoken = false
        let polls = parked
        parked.removeAll()
        for poll in polls {
            guard isEverybodyWoken || poll.untilMs <= nowMs || woken.contains(poll.key) else {
                parked.append(poll)
                continue
            }
            do throws(CoordinationError) {
                let answer = try coordinator.work(for: poll.key, query: poll.query, nowMs: world.coordinatorMs)
                if case .idle = answer, poll.untilMs > nowMs {
                    parked.append(poll)
                } else {
                    reply(.work(answer), to: poll.client, id: poll.id)
                }
            } catch {
                meet(error)
                if error.code != .ledgerFailed { reply(.problem(error), to: poll.client, id: poll.id) }
            }
        }
        if let nextMs = parked.map(\.untilMs).min() { wake(atMs: nextMs) }
    }
}
