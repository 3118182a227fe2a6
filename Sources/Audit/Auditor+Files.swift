import Attestation
import Foundation
import Ledger
import Runs

/// The files of the folder: those that a signed manifest lists, and those that nothing binds.
extension Auditor {
    /// Every file of the folder must be the one that the signed manifest lists. A coordinator's folder, which changes
    /// all the time, need not have one, and a ledger that was handed over alone has none.
    func checkFiles(_ folder: AuditedFolder, genesis: Genesis?, into report: inout AuditReport) {
        guard folder.hasManifest else {
            guard folder.kind == .run else { return }
            report.folderGaps.append(
                AuditGap(
                    missing: "manifest (which files the run ended with)",
                    keeper: "the run, which signs it when it ends; one that was killed has none"))
            return
        }
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

    /// The report, the figures and the model of a closed task must be those that its signed manifest lists. Rules
    /// version 1 is of a time without such manifests.
    func checkFiles(
        of task: LedgerHistory.Task, _ folder: AuditedFolder, _ genesis: Genesis, _ audited: inout AuditedTask,
        _ faults: inout [AuditFault]
    ) {
        let place = folder.place(of: task.opening.task)
        guard place.isHandedOver, let key = try? NoteVerifier(name: genesis.origin, publicKey: genesis.coordinatorKey)
        else { return }
        guard place.presence("manifest") != .missing else {
            guard task.isClosed, task.opening.terms != nil else { return }
            audited.gaps.append(
                AuditGap(
                    missing: "\(place.prefix)manifest (report, summary, metrics and model.safetensors)",
                    keeper: "the coordinator, which signs it when the task closes, or when it is started again",
                    task: task.opening.task.hex))
            return
        }
        let name = String(place.prefix.dropLast())
        let found = Manifest.verify(task: name, in: folder.root, verifier: options.key ?? key)
        // What the task's own entries bind is a fault already where it was changed.
        let known = Set(faults.map(\.place))
        faults += found.faults.map { AuditFault(.file($0.path), $0.reason) }.filter { !known.contains($0.place) }
        audited.boundFiles.formUnion(found.listed + [place.prefix + "manifest"])
    }

    /// The files of the folder that nothing binds.
    func notCovered(_ folder: AuditedFolder, _ report: AuditReport) -> [String] {
        guard !folder.hasManifest else { return [] }
        var bound: Set<String> = ["checkpoint", "ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"]
        for task in report.tasks { bound.formUnion(task.boundFiles) }
        do {
            let paths = try FolderTree.items(below: folder.root.url.path).map(\.path)
            return Array(paths.filter { !bound.contains($0) }.prefix(AuditLimits.fileCount))
        } catch {
            return ["the folder's other files (\(error.message))"]
        }
    }
}
