package import Attestation
internal import Datasets
internal import Foundation
internal import Ledger
package import Runs
internal import Simulation
internal import Tensors

/// Checks a run, or all tasks of a coordinator, from the folder alone: signatures, the ledger's rules, every model,
/// score and payment.
///
/// A coordinator's ledger goes on after its last checkpoint, so there the checkpoint must be of the ledger's beginning,
/// and a folder without a manifest is one that is still in use; a run's folder is finished and has both. The audit
/// trusts the coordinator's public key and nothing else: the ledger is replayed under the same rules that wrote it, and
/// what a round claims is computed again from the updates that were kept. Reads only; never changes the folder.
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

    let folder: AuditedFolder
    let options: Options
    /// Called with a line for people whenever a stage begins.
    let progress: (String) -> Void

    package init(folder: RunFolder, options: Options, progress: @escaping (String) -> Void = { _ in }) {
        self.folder = AuditedFolder(folder)
        self.options = options
        self.progress = progress
    }

    /// Audits the run, or the coordinator's tasks one after the other.
    ///
    /// - Throws: `AuditError` if there is no ledger to audit, it is in use, or the key given is not its coordinator's;
    ///   what does not hold is in the report.
    package func run() throws(AuditError) -> AuditReport {
        var report = AuditReport()
        report.run = folder.root.name
        report.isCoordinator = folder.isCoordinator
        progress("replaying the ledger")
        guard let history = try replay(into: &report) else {
            checkFiles(genesis: nil, into: &report)
            return report
        }
        checkFiles(genesis: history.genesis, into: &report)
        report.contributions = history.contributionCount
        if !folder.isCoordinator, history.tasks.count > 1 {
            report.faults.append(
                AuditFault(.entry(history.tasks[1].openedAt), "it opens a second task; a run has one"))
        }
        for task in history.tasks {
            let audit = TaskAudit(
                place: folder.place(of: task.opening.task), isCoordinator: folder.isCoordinator, history: task,
                numbers: history.numbers, options: options, progress: progress)
            report.tasks.append(audit.run(faults: &report.faults))
        }
        return report
    }

    /// Replays every entry under the rules; nil if one of them is wrong, which is then in the report.
    private func replay(into report: inout AuditReport) throws(AuditError) -> LedgerHistory? {
        let ledger: RunLedger
        do {
            ledger = try RunLedger(folder.root)
        } catch {
            guard FileManager.default.fileExists(atPath: folder.root.ledger.path) else {
                throw AuditError(.noLedger, error.message, hint: "name the folder of a run or of a coordinator")
            }
            if RunLedger.isLocked(folder.root.ledger.path) { throw busy(error) }
            report.faults.append(AuditFault(.file("ledger.sqlite"), error.message))
            return nil
        }
        var history = LedgerHistory()
        var tree = MerkleTree()
        let replayed = Replay.run(store: ledger.store, verifySignatures: true, threads: options.threads) { entry in
            history.take(entry.entry) { tree.root }
            tree.append(leafHash: entry.leafHash)
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
        try checkCheckpoint(genesis, tree, into: &report)
        return history
    }

    private func busy(_ error: LedgerError) -> AuditError {
        folder.isCoordinator
            ? AuditError(
                .busy, "the coordinator of '\(folder.root.url.path)' is running, and its ledger is in use",
                hint: "stop it, audit, and start it again: agents wait for it and nothing is lost")
            : AuditError(.busy, error.message)
    }

    /// The checkpoint must be signed by the coordinator and name exactly this ledger; on a coordinator, which signs
    /// now and then, this ledger as it was.
    private func checkCheckpoint(
        _ genesis: Genesis, _ tree: MerkleTree, into report: inout AuditReport
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
            let bytes = try folder.root.read(folder.root.checkpoint, limit: AuditLimits.smallFileByteCount)
            let note = try SignedNote(parsing: bytes)
            _ = try note.verified(by: [options.key ?? named])
            let checkpoint = try Checkpoint(text: note.text)
            guard checkpoint.origin == genesis.origin else {
                report.faults.append(AuditFault(place, "it is of the log \(checkpoint.origin), not \(genesis.origin)"))
                return
            }
            let isOld = folder.isCoordinator && checkpoint.size < tree.count
            guard isOld || checkpoint.size == tree.count, checkpoint.root == (try tree.root(atSize: checkpoint.size))
            else {
                let size = min(checkpoint.size, tree.count)
                report.faults.append(
                    AuditFault(
                        place,
                        """
                        it names \(checkpoint.size) entries with root \(checkpoint.root), the ledger has \(tree.count) \
                        and at \(size) the root \(try tree.root(atSize: size))
                        """))
                return
            }
            report.signedEntries = checkpoint.size
        } catch let error as AuditError {
            throw error
        } catch {
            report.faults.append(AuditFault(place, "\(error)"))
        }
    }

    /// Every file of the folder must be the one that the signed manifest lists. A coordinator's folder, which changes
    /// all the time, need not have one.
    private func checkFiles(genesis: Genesis?, into report: inout AuditReport) {
        guard !folder.isCoordinator || FileManager.default.fileExists(atPath: folder.root.manifest.path) else { return }
        progress("checking the folder's files")
        let named = genesis.flatMap { try? NoteVerifier(name: $0.origin, publicKey: $0.coordinatorKey) }
        guard let verifier = options.key ?? named else { return }
        do {
            for fault in try Manifest.verify(folder.root, verifier: verifier) {
                report.faults.append(AuditFault(.file(fault.path), fault.reason))
            }
        } catch {
            report.faults.append(AuditFault(.file("manifest"), error.message))
        }
    }
}
