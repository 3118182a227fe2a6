import Attestation
import Federation
import Foundation
import Ledger
import Runs
import Simulation
import Training

extension RehearsedScenario {
    /// Reads what the processes left behind, simulates the same scenario, and compares.
    func report(
        seconds: Double, coordinatorKills: Int, agentKills: Int
    ) throws(RehearsalError) -> RehearsalReport {
        do {
            let simulated = try simulate()
            let store = try SQLiteLedgerStore(
                path: coordinatorFolder.appendingPathComponent("ledger.sqlite").path, access: .readOnly)
            var accepted: [PublicKey: [UInt64]] = [:]
            var sealed: RoundSealed?
            let replayed = Replay.run(store: store, verifySignatures: true, threads: 2) { entry in
                switch entry.entry.body {
                case .contributionAccepted(let body):
                    accepted[body.statement.participantKey, default: []].append(entry.entry.sequence)
                case .roundSealed(let body): sealed = body
                default: break
                }
            }
            var faults: [String] = []
            if let fault = replayed.fault { faults.append("the ledger does not verify: \(fault.error.message)") }
            guard let id = replayed.state.taskOrder.last, let task = replayed.state.tasks[id],
                let genesis = replayed.state.genesis
            else { throw RehearsalError(.differs, "the ledger shows no task") }
            if task.stage != .closed { faults.append("the task is not closed") }
            if task.model.hex != simulated.modelDigest {
                faults.append("the final model is \(task.model), but simulate gives \(simulated.modelDigest)")
            }
            let verifier = try NoteVerifier(name: genesis.origin, publicKey: genesis.coordinatorKey)
            let (participants, receiptCount) = try self.participants(
                replayed.state, accepted, simulated, verifier: verifier, into: &faults)
            return RehearsalReport(
                task: id, rounds: Int(task.roundsFinished), model: task.model,
                simulatedModel: try Digest(hex: simulated.modelDigest),
                accuracyPpm: sealed?.metrics?.testAccuracyPpm ?? 0, participants: participants,
                receiptCount: receiptCount, coordinatorKills: coordinatorKills, agentKills: agentKills,
                entryCount: replayed.count,
                ledgerRoot: replayed.root, seconds: seconds, faults: faults)
        } catch let error as RehearsalError {
            throw error
        } catch {
            throw RehearsalError(.processFailed, "what the rehearsal left cannot be read: \(error)")
        }
    }

    /// The scenario as the simulator runs it: undisturbed.
    private func simulate() throws -> RunSummary {
        let folder = try RunFolder.create(
            in: plan.folder.appendingPathComponent("simulated"), name: plan.federation.scenario.task.name, now: Date())
        let observer = Simulator.Observer(roundEnded: { _ in }, isCancelled: { false })
        return try Simulator(federation: plan.federation, folder: folder, threads: 2, observer: observer).run()
    }

    private func participants(
        _ state: LedgerState, _ accepted: [PublicKey: [UInt64]], _ simulated: RunSummary, verifier: NoteVerifier,
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
            let receipts = try self.receipts(of: number, verifier: verifier, key: participant.key)
            let onLedger = accepted[participant.key] ?? []
            for sequence in receipts where !onLedger.contains(sequence) {
                faults.append(
                    "\(participant.label) holds a receipt for entry \(sequence), which is not its contribution")
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

    /// The entries that an agent holds receipts of; each must verify and be its own contribution.
    private func receipts(of number: Int, verifier: NoteVerifier, key: PublicKey) throws -> [UInt64] {
        let folder = plan.folder.appendingPathComponent("agents/\(number)/receipts")
        let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        var sequences: [UInt64] = []
        for file in files where file.pathExtension == "tlog-proof" {
            let receipt = try Receipt(decoding: Array(Data(contentsOf: file)))
            let (entry, _) = try receipt.verified(by: verifier)
            guard case .contributionAccepted(let body) = entry.entry.body, body.statement.participantKey == key
            else {
                throw RehearsalError(.differs, "\(file.path) is not a receipt of participant \(number)")
            }
            sequences.append(receipt.index)
        }
        return sequences
    }
}
