import Attestation
import Federation
import Foundation
import Ledger
import Runs
import Simulation
import Training

extension RehearsedScenario {
    /// Reads what the processes left behind, simulates the same scenario, and compares.
    func report(seconds: Double, _ disturbance: Disturbance) throws(RehearsalError) -> RehearsalReport {
        do {
            let store = try SQLiteLedgerStore(
                path: coordinatorFolder.appendingPathComponent("ledger.sqlite").path, access: .readOnly)
            var account = ContributionAccount()
            var tree = CompactMerkleTree()
            var startRoot: Digest?
            var secret: TaskSecret?
            let replayed = Replay.run(store: store, verifySignatures: true, threads: 2) { entry in
                if case .roundOpened = entry.entry.body, startRoot == nil { startRoot = tree.root }
                if case .taskClosed(let closed) = entry.entry.body { secret = closed.secret }
                tree.append(leafHash: entry.leafHash)
                account.take(entry)
            }
            var faults = account.faults
            if let fault = replayed.fault { faults.append("the ledger does not verify: \(fault.error.message)") }
            guard let id = replayed.state.taskOrder.last, let task = replayed.state.tasks[id],
                let genesis = replayed.state.genesis
            else { throw RehearsalError(.differs, "the ledger shows no task") }
            guard task.stage == .closed, let secret, let startRoot, let model = task.model else {
                throw RehearsalError(.differs, "the task is not closed")
            }
            let simulated = try simulate(
                SimulatedSecrets(
                    task: secret, startSeed: TaskStart.seed(root: startRoot, task: id)))
            if model.hex != simulated.modelDigest {
                faults.append("the final model is \(model), but simulate gives \(simulated.modelDigest)")
            }
            let verifier = try NoteVerifier(name: genesis.origin, publicKey: genesis.coordinatorKey)
            let (participants, receiptCount) = try self.participants(
                replayed.state, account, simulated, verifier: verifier, into: &faults)
            return RehearsalReport(
                task: id, rounds: Int(task.roundsFinished), model: model,
                simulatedModel: try Digest(hex: simulated.modelDigest),
                accuracyPpm: account.lastSealed?.metrics?.testAccuracyPpm ?? 0, participants: participants,
                receiptCount: receiptCount, disturbance: disturbance, entryCount: replayed.count,
                ledgerRoot: replayed.root, seconds: seconds, faults: faults)
        } catch let error as RehearsalError {
            throw error
        } catch {
            throw RehearsalError(.processFailed, "what the rehearsal left cannot be read: \(error)")
        }
    }

    /// The scenario as the simulator runs it: undisturbed, with the secrets that the coordinator revealed.
    private func simulate(_ secrets: SimulatedSecrets) throws -> RunSummary {
        let folder = try RunFolder.create(
            in: plan.folder.appendingPathComponent("simulated"), name: plan.federation.scenario.task.name, now: Date())
        let observer = Simulator.Observer(roundEnded: { _ in }, isCancelled: { false })
        let federation = try PreparedFederation(plan.federation, secrets: secrets)
        return try Simulator(federation: federation, folder: folder, threads: 2, observer: observer).run()
    }

    private func participants(
        _ state: LedgerState, _ account: ContributionAccount, _ simulated: RunSummary, verifier: NoteVerifier,
        into faults: inout [String]
    ) throws -> ([ParticipantSummary], receiptCount: Int) {
        var lines = simulated.participants
        var receiptCount = 0
        for (number, participant) in state.participants.enumerated() {
            let paid = state.accounts.balance(of: participant.account).available
            let expected = simulated.participants.first { $0.number == number }
            if let expected, expected.paid != paid {
                faults.append("\(participant.label) has \(paid) units, but simulate pays \(expected.paid)")
            }
            let onLedger = account.accepted[participant.key] ?? [:]
            if let expected, expected.accepted != onLedger.count {
                faults.append(
                    """
                    \(participant.label) has \(onLedger.count) contributions on the ledger, but simulate accepts \
                    \(expected.accepted)
                    """)
            }
            let receipts = try self.receipts(of: number, verifier: verifier)
            for (sequence, leaf) in receipts where onLedger[sequence] != leaf {
                faults.append(
                    "\(participant.label) holds a receipt for entry \(sequence), which is not its contribution there")
            }
            for sequence in acknowledged(by: number) where onLedger[sequence] == nil {
                faults.append(
                    "\(participant.label) was told that entry \(sequence) is its contribution, which the ledger lacks")
            }
            receiptCount += receipts.count
            if let place = lines.firstIndex(where: { $0.number == number }) {
                lines[place].accepted = onLedger.count
                lines[place].paid = paid
                lines[place].did = participant.key.did
            }
        }
        return (lines, receiptCount)
    }

    /// The entries that an agent holds receipts of, with their hashes; each must verify.
    private func receipts(of number: Int, verifier: NoteVerifier) throws -> [(sequence: UInt64, leaf: Digest)] {
        let folder = agentFolder(number).appendingPathComponent("receipts")
        let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        return try files.filter { $0.pathExtension == "tlog-proof" }.map { file in
            let receipt = try Receipt(decoding: Array(Data(contentsOf: file)))
            let (entry, _) = try receipt.verified(by: verifier)
            return (receipt.index, entry.leafHash)
        }
    }

    /// What an agent noted of the coordinator's answers.
    private struct AgentNotes: Decodable {
        struct LastRound: Decodable { let sequence: UInt64? }

        let lastRound: LastRound?
        let owedReceipts: [UInt64]

        enum CodingKeys: String, CodingKey {
            case lastRound = "last_round"
            case owedReceipts = "owed_receipts"
        }
    }

    /// The entries that the coordinator has acknowledged to an agent, as far as its notes go beyond its receipts.
    private func acknowledged(by number: Int) -> [UInt64] {
        guard let bytes = try? Data(contentsOf: agentFolder(number).appendingPathComponent("state.json")),
            let notes = try? JSONDecoder().decode(AgentNotes.self, from: bytes)
        else { return [] }
        return notes.owedReceipts + (notes.lastRound?.sequence.map { [$0] } ?? [])
    }
}
