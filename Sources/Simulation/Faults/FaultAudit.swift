import Aggregation
import Attestation
import Coordination
import Federation
import Ledger
import Tensors
import Training

/// Judges a world when it is over: the ledger, what was promised, and a computation of every round from nothing but the
/// accepted updates.
struct FaultAudit {
    private let world: FaultSimulator

    init(_ world: FaultSimulator) { self.world = world }

    /// The first thing that is wrong, or nil.
    func firstViolation() -> String? {
        do {
            try checkLedger()
            try checkPromises()
            try checkOnce()
            for task in world.scenario.tasks { try checkRounds(of: task) }
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// A check that failed.
    private struct Violation: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    private var bodies: [EntryBody] { world.ledger.bodies }

    private func checkLedger() throws {
        let store = InMemoryLedgerStore(entries: world.ledger.entries, balances: world.ledger.sortedBalances)
        let report = Replay.run(store: store, verifySignatures: true, threads: 1)
        if let fault = report.fault { throw Violation("the ledger does not verify: \(fault.error)") }
        let held = world.ledger.sortedBalances.filter { $0.account != .issuance }
        let total = held.reduce(Int128(0)) { $0 + $1.balance.posted }
        guard total == Int128(report.state.supply) else {
            throw Violation("the accounts hold \(total) of a supply of \(report.state.supply)")
        }
        guard report.state.tasks.values.allSatisfy({ $0.stage == .closed }) else {
            throw Violation("a task is not closed at the end")
        }
        let lastClose = bodies.lastIndex { if case .taskClosed = $0 { true } else { false } }
        let lastSnapshot = bodies.lastIndex { if case .snapshot = $0 { true } else { false } }
        // A close that moves no token leaves the balances of an earlier snapshot, and the same body is written once.
        let isSaid = lastSnapshot.map { bodies[$0] == .snapshot(report.state.snapshot) } ?? false
        guard lastSnapshot ?? -1 > lastClose ?? -1 || isSaid else {
            throw Violation("no snapshot follows the last close")
        }
        var tree = MerkleTree()
        for entry in world.ledger.entries { tree.append(leafHash: entry.leafHash) }
        for head in world.seenHeads where (try? tree.root(atSize: head.size)) != head.root {
            throw Violation("the log does not extend the head of \(head.size) entries that somebody has seen")
        }
    }

    private func checkPromises() throws {
        for (sequence, contribution) in world.acknowledged {
            guard sequence < UInt64(bodies.count), case .contributionAccepted(let entry) = bodies[Int(sequence)],
                entry.contribution == contribution
            else { throw Violation("the contribution that entry \(sequence) accepted is not there any more") }
        }
        let honest = Dictionary(
            world.agents.filter { !$0.cheats }.map { ($0.key.publicKey, $0.index) },
            uniquingKeysWith: { first, _ in first })
        for case .contributionAccepted(let entry) in bodies {
            guard let agent = honest[entry.statement.participantKey] else { continue }
            let place = TaskRound(task: entry.statement.task, round: entry.statement.round)
            guard world.released[agent]?[place] == entry.contribution else {
                throw Violation("the ledger accepts a contribution of agent \(agent) that it never sent")
            }
        }
    }

    private func checkOnce() throws {
        var accepted: Set<[String]> = []
        var paid: Set<[String]> = []
        for body in bodies {
            switch body {
            case .contributionAccepted(let entry):
                let statement = entry.statement
                let name = [statement.task.hex, "\(statement.round)", statement.participantKey.did]
                guard accepted.insert(name).inserted else { throw Violation("accepted twice in one round: \(name)") }
            case .transfer(let transfer) where transfer.kind == .reward:
                let name = [transfer.task?.hex ?? "", "\(transfer.period)", transfer.credit.text]
                guard paid.insert(name).inserted else { throw Violation("paid twice for one epoch: \(name)") }
            default: break
            }
        }
    }

    /// Computes every round of a task anew, undisturbed, and compares what the ledger says.
    private func checkRounds(of task: FaultScenario.PlannedTask) throws {
        let configuration = task.material.task
        let aggregator = try RoundAggregator(
            task: configuration, blob: task.blob,
            start: RoundAggregator.Start(
                model: SharedParameterSet(configuration.architecture.initialParameters(seed: configuration.seed))),
            validation: task.material.validation, test: task.material.test, threads: 1)
        var numbers: [PublicKey: ParticipantNumber] = [:]
        var accepted: [AcceptedContribution] = []
        var expected: RoundResult?
        for body in bodies {
            switch body {
            case .participantRegistered(let entry): numbers[entry.publicKey] = ParticipantNumber(numbers.count)
            case .roundOpened(let opened) where opened.task == task.id: accepted = []
            case .contributionAccepted(let entry) where entry.statement.task == task.id:
                guard let number = numbers[entry.statement.participantKey] else {
                    throw Violation("a contribution by nobody")
                }
                accepted.append(
                    AcceptedContribution(
                        ticket: UInt64(number), participant: number, weight: entry.statement.sampleCount,
                        update: entry.statement.update))
            case .roundSealed(let sealed) where sealed.task == task.id && sealed.outcome == .aggregated:
                let result = try seal(sealed.round, accepted, aggregator, task)
                guard sealed.model == result.model, sealed.aggregate == result.aggregate,
                    sealed.serverState == result.serverState, sealed.metrics == result.metrics
                else { throw Violation("round \(sealed.round)'s seal is not what its accepted updates give") }
                expected = result
            case .scores(let scores) where scores.task == task.id:
                guard scores.scores == expected?.scores else {
                    throw Violation("round \(scores.round)'s scores are not what its accepted updates give")
                }
            case .taskClosed(let closed) where closed.task == task.id:
                try checkModel(closed.model, aggregator, task)
            default: break
            }
        }
    }

    private func seal(
        _ round: UInt32, _ accepted: [AcceptedContribution], _ aggregator: RoundAggregator,
        _ task: FaultScenario.PlannedTask
    ) throws -> RoundResult {
        let ordered = accepted.sorted { $0.participant < $1.participant }
        for contribution in ordered {
            guard let bytes = world.archive[contribution.update] else {
                throw Violation("the update \(contribution.update) was accepted, but nobody made it")
            }
            let update = try bytes.withUnsafeBytes { bytes throws(FederationError) -> SharedParameterSet in
                SharedParameterSet(try task.blob.parameters(from: bytes))
            }
            let checked = try CheckedUpdate(
                checking: update, weight: Int64(contribution.weight), layout: task.blob.layout,
                grid: task.material.task.grid)
            try aggregator.fold(checked, contribution)
        }
        return try aggregator.seal(round: round, accepted: ordered) { contribution throws(FederationError) in
            throw FederationError(.unusableUpdate, "update \(contribution.update) was not kept")
        }
    }

    /// The closed task's model is the undisturbed one, and the vault still has its bytes.
    private func checkModel(
        _ model: Digest, _ aggregator: RoundAggregator, _ task: FaultScenario.PlannedTask
    ) throws {
        guard task.blob.digest(of: aggregator.model.parameters, threads: 1) == model else {
            throw Violation("the closed task's model is not that of the undisturbed run")
        }
        guard let bytes = world.vault.models[model], BlobDigest.digest(of: bytes) == model else {
            throw Violation("the closed task's model \(model) is not in the vault")
        }
    }
}
