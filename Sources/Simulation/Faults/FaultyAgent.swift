import Attestation
import Coordination
import Federation
import Ledger

/// A simulated agent: joins, asks for work, downloads, trains, keeps what it signed, uploads and submits; it sends the
/// very same bytes again until it hears what became of them, over crashes and lost messages.
final class FaultyAgent {
    /// What it is at. One request is under way at a time.
    enum Stage {
        case joining
        case asking
        case downloading(TrainingOrder, bytes: [UInt8])
        case training(TrainingOrder)
        case saving(KeptContribution)
        /// Announces an upload.
        case beginning(KeptContribution)
        /// Sends the chunks that are missing, first one next.
        case sending(KeptContribution, chunks: [Int])
        case submitting(KeptContribution)
        case fetchingReceipt(KeptContribution, UInt64)
        /// A free rider reads the ledger.
        case spying(TrainingOrder)
        case leaving
        /// Gone for a while, or crashed.
        case away
    }

    let index: Int
    let key: SigningKey
    let cheats: Bool
    unowned let world: FaultSimulator
    var stage = Stage.joining
    var disk = AgentDisk()
    /// The request whose answer it waits for.
    var awaited: UInt64?
    /// Failed attempts in a row.
    var attempts = 0
    /// Which life of its process this is: timers of an earlier one mean nothing.
    var life = 0
    /// What it is not to be offered again: refused, or given up.
    var settled: (task: Digest, round: UInt32)?
    /// A free rider's trick of the moment.
    var trick = CheatTrick.none

    init(index: Int, key: SigningKey, cheats: Bool, world: FaultSimulator) {
        self.index = index
        self.key = key
        self.cheats = cheats
        self.world = world
    }

    /// Whether nothing of its own is left to be said.
    var isSettled: Bool {
        if case .asking = stage { return !disk.kept.contains { $0.verdict == .open } }
        return false
    }

    /// Does what its stage asks for.
    func step() {
        guard !crashes() else { return }
        switch stage {
        case .joining: send(.register(key.publicKey, label: "agent-\(index)"))
        case .asking: ask()
        case .downloading(let order, let bytes):
            send(.modelChunk(order.baseModel, bytes.count / BlobDigest.chunkByteCount))
        case .training(let order): finishTraining(order)
        case .saving(let kept): save(kept)
        case .beginning(let kept):
            world.release(kept.contribution, by: self, kept.task, kept.round)
            send(
                .beginUpload(
                    UploadPlan(
                        task: kept.task, round: kept.round, digest: kept.update, byteCount: kept.blob.count,
                        chunkHashes: kept.chunkHashes, participant: key.publicKey)))
        case .sending(let kept, let chunks): sendChunk(kept, chunks)
        case .submitting(let kept): submit(kept)
        case .fetchingReceipt(_, let sequence): send(.receipt(sequence))
        case .spying: send(.entries(0))
        case .leaving: send(.leave(key.publicKey))
        case .away: break
        }
    }

    private func ask() {
        if !cheats, world.faults.happens(0.02),
            let old = disk.kept.first(where: { if case .accepted = $0.verdict { true } else { false } })
        {
            // Whoever lost a reply asks again with the same bytes.
            return go(.submitting(old))
        }
        if !cheats, world.faults.happens(0.02),
            let old = disk.kept.last(where: { if case .accepted = $0.verdict { true } else { false } }),
            case .accepted(let sequence) = old.verdict
        {
            return go(.fetchingReceipt(old, sequence))
        }
        let faults = world.faults
        let declined: Set<Digest> =
            faults.strikes(faults.rates.decline)
            ? [world.scenario.tasks[faults.index(below: world.scenario.tasks.count)].id] : []
        send(.work(key.publicKey, WorkQuery(declinedTasks: declined, current: settled.map { ($0.task, $0.round) })))
    }

    private func submit(_ kept: KeptContribution) {
        var contribution = kept.contribution
        if trick == .twoStatements, let second = resigned(kept) { _ = world.send(.submit(second), from: index) }
        if world.sabotage == .agentSignsAgain, attempts > 0 { contribution = resigned(kept) ?? contribution }
        world.release(contribution, by: self, kept.task, kept.round)
        send(.submit(contribution))
    }

    private func sendChunk(_ kept: KeptContribution, _ chunks: [Int]) {
        guard let chunk = chunks.first else { return go(.submitting(kept)) }
        let lower = chunk * BlobDigest.chunkByteCount
        var bytes = Array(kept.blob[lower..<min(kept.blob.count, lower + BlobDigest.chunkByteCount)])
        if trick == .wrongChunk { bytes[0] ^= 1 }
        send(.putChunk(task: kept.task, round: kept.round, digest: kept.update, index: chunk, bytes: bytes))
    }

    /// Goes on to a stage at once, or after a pause.
    func go(_ next: Stage, afterMs: UInt64 = 0) {
        stage = next
        awaited = nil
        attempts = 0
        world.schedule(self, afterMs: afterMs)
    }

    /// Tries the same again, later each time.
    func retry() {
        awaited = nil
        attempts += 1
        let pauseMs = min(UInt64(100) << UInt64(min(attempts, 8)), 20_000)
        world.schedule(self, afterMs: pauseMs / 2 + world.faults.draw(0...pauseMs))
    }

    private func send(_ request: AgentRequest) { awaited = world.send(request, from: index) }

    /// No answer came in time.
    func timedOut(_ request: UInt64) {
        if awaited == request { retry() }
    }

    // MARK: - Disk and power

    /// Its process may end here.
    private func crashes() -> Bool {
        guard world.faults.strikes(world.faults.rates.agentCrash) else { return false }
        crash()
        return true
    }

    /// Its process ends; only the disk is left.
    func crash() {
        world.faults.tally.agentCrashes += 1
        goAway(forMs: world.faults.draw(100...60_000))
    }

    /// It is gone for a while.
    func goAway(forMs duration: UInt64) {
        life += 1
        stage = .away
        awaited = nil
        world.scheduleReturn(self, afterMs: duration)
    }

    /// It starts again with what its disk has.
    func comeBack() {
        world.faults.tally.restarts += 1
        settled = nil
        trick = .none
        if let open = disk.kept.last(where: { $0.verdict == .open }) {
            go(.beginning(open))
        } else {
            go(disk.isRegistered ? .asking : .joining)
        }
    }

    /// Replaces the disk's content, if the disk and the power allow.
    ///
    /// - Returns: whether the caller may go on; otherwise it crashed or is to try again.
    func write(_ next: AgentDisk) -> Bool {
        if crashes() { return false }
        if world.faults.strikes(world.faults.rates.agentWriteFailure) {
            world.faults.tally.failedWrites += 1
            retry()
            return false
        }
        disk = next
        return !crashes()
    }

    private func save(_ kept: KeptContribution) {
        var next = disk
        next.kept.append(kept)
        if write(next) { go(.beginning(kept)) }
    }

    /// Keeps what became of a contribution.
    func conclude(_ kept: KeptContribution, _ verdict: KeptContribution.Verdict) {
        var next = disk
        for place in next.kept.indices where next.kept[place].contribution == kept.contribution {
            next.kept[place].verdict = verdict
        }
        guard write(next) else { return }
        if verdict == .refused { settled = (kept.task, kept.round) }
        go(.asking, afterMs: world.faults.draw(0...50))
    }
}
