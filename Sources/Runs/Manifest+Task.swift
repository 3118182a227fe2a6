package import Attestation
import Foundation

/// The manifest of one task in a coordinator's folder, `tasks/<id>/manifest`: the files that the coordinator writes
/// when the task closes and that nothing on the ledger binds.
///
/// Its paths begin at the coordinator's folder, so that the manifest of one task does not pass for another's. A task's
/// folder goes on changing, so files that are not listed may be there.
extension Manifest {
    /// What is listed of a task's folder, as far as it is there.
    package static let taskFiles = [
        "metrics.csv", "model.safetensors", "report.html", "scenario.yaml", "source.yaml", "summary.json",
    ]

    /// Lists, signs and writes the manifest of a task that is closed.
    ///
    /// - Parameter task: the task's folder, relative to the coordinator's.
    /// - Throws: as `write`.
    package static func write(task: String, in folder: RunFolder, signer: NoteSigner) throws(RunError) {
        let items = taskFiles.compactMap { FolderTree.item("\(task)/\($0)", below: folder.url.path) }
        try write(items, of: folder, to: file(of: task, in: folder), signer: signer)
    }

    /// Compares a task's files with its manifest.
    ///
    /// - Returns: the paths that the manifest lists, and how the files differ from it, as `verify` does.
    package static func verify(
        task: String, in folder: RunFolder, verifier: NoteVerifier
    ) -> (listed: [String], faults: [ManifestFault]) {
        let name = "\(task)/manifest"
        let lines: [ManifestLine]
        do throws(RunError) {
            lines = try read(file(of: task, in: folder), verifier: verifier)
        } catch {
            return ([], [ManifestFault(kind: .badManifest, path: name, detail: error.message)])
        }
        if let other = lines.first(where: { !$0.path.hasPrefix("\(task)/") }) {
            let detail = "it lists \(other.path), so it is of another task"
            return ([], [ManifestFault(kind: .badManifest, path: name, detail: detail)])
        }
        let faults = lines.compactMap { line in
            guard let item = FolderTree.item(line.path, below: folder.url.path) else {
                return ManifestFault(kind: .missing, path: line.path, detail: "\(line.byteCount) bytes were signed")
            }
            return fault(of: item, expected: line, in: folder)
        }
        return (lines.map(\.path), faults)
    }

    private static func file(of task: String, in folder: RunFolder) -> URL {
        folder.url.appendingPathComponent("\(task)/manifest")
    }
}
