import Attestation
import Foundation
import Runs

/// The folder under audit: a simulated run's, or a coordinator's, which holds several tasks and is still growing.
///
///     run                  coordinator
///     ledger.sqlite        ledger.sqlite
///     checkpoint           checkpoint
///     manifest             –
///     scenario.yaml        tasks/<id>/scenario.yaml, or source.yaml with the key `data` alone
///     updates/ models/     tasks/<id>/updates/ models/
///     model.safetensors    –
struct AuditedFolder {
    let root: RunFolder
    /// Whether it is a coordinator's.
    let isCoordinator: Bool

    init(_ folder: RunFolder) {
        root = folder
        isCoordinator = ["tasks", "coordinator.yaml"].contains {
            FileManager.default.fileExists(atPath: folder.url.appendingPathComponent($0).path)
        }
    }

    /// Where a task's files are.
    func place(of task: Digest) -> TaskPlace {
        guard isCoordinator else { return TaskPlace(folder: root, prefix: "") }
        let name = "tasks/\(task.hex)"
        return TaskPlace(folder: RunFolder(at: root.url.appendingPathComponent(name)), prefix: name + "/")
    }
}

/// Where the files of one task are.
struct TaskPlace {
    let folder: RunFolder
    /// The path from the audited folder to it: empty, or with a slash at its end.
    let prefix: String

    /// A fault's place: a file, by its path below the audited folder.
    func file(_ path: String) -> AuditFault.Place { .file(prefix + path) }

    /// The file that says where the task's data are.
    var source: URL {
        let file = folder.url.appendingPathComponent("source.yaml")
        return FileManager.default.fileExists(atPath: folder.scenario.path) ? folder.scenario : file
    }
}
