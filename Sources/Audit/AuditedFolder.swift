import Attestation
import Foundation
import Runs

/// The folder under audit: a simulated run's; a coordinator's, which holds several tasks and is still growing; or a
/// ledger that was handed over alone.
///
///     run                  coordinator                         ledger alone
///     ledger.sqlite        ledger.sqlite                       ledger.sqlite
///     checkpoint           checkpoint                          checkpoint
///     manifest             tasks/<id>/manifest                 –
///     scenario.yaml        tasks/<id>/scenario.yaml, or source.yaml with the key `data` alone
///     updates/ models/     tasks/<id>/updates/ models/         –
///     model.safetensors    tasks/<id>/model.safetensors        –
package struct AuditedFolder {
    /// What a folder is.
    package enum Kind: String, Sendable {
        case run
        case coordinator
        /// A ledger without the files that it is about: nothing is said of who lacks them.
        case ledger
    }

    let root: RunFolder
    let kind: Kind

    /// - Parameter origin: the log's name in the ledger's first entry, where it is known.
    init(_ folder: RunFolder, origin: String? = nil) {
        root = folder
        func has(_ names: [String]) -> Bool {
            names.contains { FileManager.default.fileExists(atPath: folder.url.appendingPathComponent($0).path) }
        }
        if has(["tasks", "coordinator.yaml"]) {
            kind = .coordinator
        } else if has(["manifest"]) || has(Self.runFiles) && origin?.hasPrefix(Self.simulated) ?? true {
            kind = .run
        } else {
            kind = .ledger
        }
    }

    /// What the names of simulated coordinators' logs begin with.
    private static let simulated = "tributary.simulation/"

    private static let runFiles = [
        "scenario.yaml", "updates", "models", "model.safetensors", "summary.json", "metrics.csv", "events.jsonl",
        "report.html",
    ]

    var isCoordinator: Bool { kind == .coordinator }

    /// Whether the run was finished, or the coordinator's folder signed as it is: every file of it is then listed.
    var hasManifest: Bool { FileManager.default.fileExists(atPath: root.manifest.path) }

    /// Where a task's files are.
    func place(of task: Digest) -> TaskPlace {
        guard isCoordinator else {
            return TaskPlace(
                root: root, folder: root, prefix: "", isHandedOver: kind == .run, isListed: kind == .run && hasManifest)
        }
        let name = "tasks/\(task.hex)"
        let tasks = root.url.appendingPathComponent("tasks").path
        return TaskPlace(
            root: root, folder: RunFolder(at: root.url.appendingPathComponent(name)), prefix: name + "/",
            isHandedOver: FileManager.default.fileExists(atPath: tasks), isListed: false)
    }
}

/// Where the files of one task are.
struct TaskPlace {
    /// The audited folder.
    let root: RunFolder
    let folder: RunFolder
    /// The path from the audited folder to it: empty, or with a slash at its end.
    let prefix: String
    /// Whether the folder is one that tasks' files belong in: what is missing there was not kept.
    let isHandedOver: Bool
    /// Whether a manifest lists every file of it.
    let isListed: Bool

    /// A fault's place: a file, by its path below the audited folder.
    func file(_ path: String) -> AuditFault.Place { .file(prefix + path) }

    /// The file that says where the task's data are.
    var source: URL {
        let file = folder.url.appendingPathComponent("source.yaml")
        return FileManager.default.fileExists(atPath: folder.scenario.path) ? folder.scenario : file
    }

    /// Whether a file is at hand.
    enum Presence { case there, unreadable, missing }

    func presence(_ path: String) -> Presence {
        let whole = folder.url.appendingPathComponent(path).path
        guard FileManager.default.fileExists(atPath: whole) else { return .missing }
        return FileManager.default.isReadableFile(atPath: whole) ? .there : .unreadable
    }
}
