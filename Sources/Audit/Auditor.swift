package import Attestation
internal import Datasets
internal import Foundation
internal import Ledger
package import Runs
internal import Simulation
internal import Tensors

/// Checks a run from its folder alone: signatures, the ledger's rules, every model, score and payment.
///
/// It trusts the coordinator's public key and nothing else: the ledger is replayed under the same rules that wrote it,
/// and what a round claims is computed again from the updates that were kept. Reads only; never changes the folder.
package struct Auditor {
    /// What to audit with.
    package struct Options: Sendable {
        /// The coordinator's key, if it is known from elsewhere; else the one that the ledger names.
        package var key: NoteVerifier?
        /// Where the data set is, if not where the scenario says.
        package var dataPath: String?
        package var threads: Int

        package init(key: NoteVerifier? = nil, dataPath: String? = nil, threads: Int) {
            self.key = key
            self.dataPath = dataPath
            self.threads = threads
        }
    }

    let folder: RunFolder
    let options: Options
    /// Called with a line for people whenever a stage begins.
    let progress: (String) -> Void

    package init(folder: RunFolder, options: Options, progress: @escaping (String) -> Void = { _ in }) {
        self.folder = folder
        self.options = options
        self.progress = progress
    }

    /// Audits the run.
    ///
    /// - Throws: `AuditError` if there is no ledger to audit or the key given is not its coordinator's; what does not
    ///   hold is in the report.
    package func run() throws(AuditError) -> AuditReport {
        var report = AuditReport()
        report.run = folder.name
        progress("replaying the ledger")
        guard let history = try replay(into: &report) else {
            checkFiles(genesis: nil, into: &report)
            return report
        }
        checkFiles(genesis: history.genesis, into: &report)
        report.contributions = history.contributionCount
        report.rewards = history.rewards.count
        report.rewarded = history.rewards.reduce(0) { $0 + $1.amount }
        var rounds = RoundAudit(folder: folder, history: history, options: options, progress: progress)
        rounds.run(into: &report)
        return report
    }

    /// Replays every entry under the rules; nil if one of them is wrong, which is then in the report.
    private func replay(into report: inout AuditReport) throws(AuditError) -> RunHistory? {
        let ledger: RunLedger
        do {
            ledger = try RunLedger(folder)
        } catch {
            guard FileManager.default.fileExists(atPath: folder.ledger.path) else {
                throw AuditError(.noLedger, error.message, hint: "name the folder of a run")
            }
            report.faults.append(AuditFault(.file("ledger.sqlite"), error.message))
            return nil
        }
        var history = RunHistory()
        let replayed = Replay.run(store: ledger.store, verifySignatures: true, threads: options.threads) { entry in
            history.take(entry.entry)
        }
        report.entries = replayed.count
        report.root = replayed.root.hex
        if let fault = replayed.fault {
            let place = fault.sequence.map { AuditFault.Place.entry($0) } ?? .file("ledger.sqlite")
            report.faults.append(AuditFault(place, fault.error.message))
            return nil
        }
        guard let genesis = history.genesis else {
            report.faults.append(AuditFault(.file("ledger.sqlite"), "it holds no entry"))
            return nil
        }
        try checkCheckpoint(genesis, replayed, into: &report)
        return history
    }

    /// The checkpoint must be signed by the coordinator and name exactly this ledger.
    private func checkCheckpoint(
        _ genesis: Genesis, _ replayed: ReplayReport, into report: inout AuditReport
    ) throws(AuditError) {
        let place = AuditFault.Place.file("checkpoint")
        do {
            let named = try NoteVerifier(name: genesis.origin, publicKey: genesis.coordinatorKey)
            report.key = named.vkey
            if let pinned = options.key, pinned.vkey != named.vkey {
                throw AuditError(
                    .wrongKey, "the ledger names the coordinator's key \(named.vkey), not \(pinned.vkey)",
                    hint: "this is another coordinator's ledger, or a forged one")
            }
            let bytes = try folder.read(folder.checkpoint, limit: AuditLimits.smallFileByteCount)
            let note = try SignedNote(parsing: bytes)
            _ = try note.verified(by: [options.key ?? named])
            let checkpoint = try Checkpoint(text: note.text)
            guard checkpoint.origin == genesis.origin else {
                report.faults.append(AuditFault(place, "it is of the log \(checkpoint.origin), not \(genesis.origin)"))
                return
            }
            guard checkpoint.size == replayed.count, checkpoint.root == replayed.root else {
                report.faults.append(
                    AuditFault(
                        place,
                        """
                        it names \(checkpoint.size) entries with root \(checkpoint.root), the ledger has \
                        \(replayed.count) with root \(replayed.root)
                        """))
                return
            }
        } catch let error as AuditError {
            throw error
        } catch {
            report.faults.append(AuditFault(place, "\(error)"))
        }
    }

    /// Every file of the folder must be the one that the signed manifest lists.
    private func checkFiles(genesis: Genesis?, into report: inout AuditReport) {
        progress("checking the folder's files")
        let named = genesis.flatMap { try? NoteVerifier(name: $0.origin, publicKey: $0.coordinatorKey) }
        guard let verifier = options.key ?? named else { return }
        do {
            for fault in try Manifest.verify(folder, verifier: verifier) {
                report.faults.append(AuditFault(.file(fault.path), fault.reason))
            }
        } catch {
            report.faults.append(AuditFault(.file("manifest"), error.message))
        }
    }
}
