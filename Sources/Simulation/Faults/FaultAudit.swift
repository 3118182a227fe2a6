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
                guard paid.insert(name).inserted else { throw Violation("paid twice for one task: \(name)") }
            default: break
            }
        }
    }

    /// Computes every round of a task anew, undisturbed, and compares what the ledger says.
    private func checkRounds(of task: FaultScenario.PlannedTask) throws {
        var rounds = UndisturbedRounds(task: task, archive: world.archive)
        var tree = CompactMerkleTree()
        for (entry, body) in zip(world.ledger.entries, bodies) {
            do throws(UndisturbedRounds.Difference) {
                try rounds.take(body, rootBefore: tree.root)
            } catch {
                throw Violation(error.description)
            }
            tree.append(leafHash: entry.leafHash)
            if case .taskClosed(let closed) = body, closed.task == task.id, let model = rounds.model {
                try checkModel(closed.model, model, task)
            }
        }
    }

    /// The closed task's model is the undisturbed one, and the vault still has its bytes.
    private func checkModel(
        _ model: Digest, _ undisturbed: SharedParameterSet, _ task: FaultScenario.PlannedTask
    ) throws {
        guard task.blob.digest(of: undisturbed.parameters, threads: 1) == model else {
            throw Violation("the closed task's model is not that of the undisturbed run")
        }
        guard let bytes = world.vault.models[model], BlobDigest.digest(of: bytes) == model else {
            throw Violation("the closed task's model \(model) is not in the vault")
        }
    }
}
