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
/// what a round claims is computed again from the updates that were kept. What is not at hand is never taken for right:
/// it is a fault where the task's own terms bind the coordinator to keep it, and else a gap that is named with what
/// rests on it. Reads only; never changes the folder.
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
        report.kind = folder.kind
        progress("replaying the ledger")
        guard let replayed = try replay(into: &report), let genesis = replayed.history.genesis else {
            checkFiles(folder, genesis: nil, into: &report)
            return report
        }
        let history = replayed.history
        let judged = AuditedFolder(self.folder.root, origin: genesis.origin)
        report.kind = judged.kind
        try checkHeads(judged, replayed, genesis, into: &report)
        checkFiles(judged, genesis: genesis, into: &report)
        report.contributions = history.contributionCount
        if judged.kind == .run, history.tasks.count > 1 {
            report.faults.append(
                AuditFault(.entry(history.tasks[1].openedAt), "it opens a second task; a run has one"))
        }
        for task in history.tasks {
            let audit = TaskAudit(
                place: judged.place(of: task.opening.task), kind: judged.kind, history: task,
                numbers: history.numbers, options: options, progress: progress)
            var audited = audit.run(faults: &report.faults)
            if judged.isCoordinator { checkFiles(of: task, judged, genesis, &audited, &report.faults) }
            report.tasks.append(audited)
        }
        report.notCovered = notCovered(judged, report)
        return report
    }

    /// A ledger whose entries the rules allow.
    struct ReplayedLedger {
        let history: LedgerHistory
        let tree: MerkleTree
        /// The newest head in the ledger's own file.
        let storedHead: [UInt8]?
    }

    /// Replays every entry under the rules; nil if one of them is wrong, which is then in the report.
    private func replay(into report: inout AuditReport) throws(AuditError) -> ReplayedLedger? {
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
        guard history.genesis != nil else {
            report.faults.append(AuditFault(.file("ledger.sqlite"), "it holds no entry"))
            return nil
        }
        do {
            return ReplayedLedger(history: history, tree: tree, storedHead: try ledger.store.lastCheckpoint())
        } catch {
            report.faults.append(AuditFault(.file("ledger.sqlite"), error.message))
            return nil
        }
    }

    private func busy(_ error: LedgerError) -> AuditError {
        folder.isCoordinator
            ? AuditError(
                .busy, "the coordinator of '\(folder.root.url.path)' is running, and its ledger is in use",
                hint: "stop it, audit, and start it again: agents wait for it and nothing is lost")
            : AuditError(.busy, error.message)
    }
}
