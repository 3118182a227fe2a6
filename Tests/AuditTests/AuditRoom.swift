import Attestation
import Audit
import Federation
import Foundation
import Ledger
import Runs
import Simulation

/// A folder for one test's runs, removed with it.
final class AuditRoom {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("audit-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// A small scenario: softmax regression on the embedded digits, three rounds, with momentum.
    static func scenario(
        updates: String = "retain: all", rounds: Int = 3, cohort: String = "size: 4, quorum: 2, deadline_s: 60",
        participants: String = "{ kind: honest, count: 3 }, { kind: replay, count: 1 }", trust: String = "open",
        reward: String = #"pool: "30", target_drop: 2"#, more: String = ""
    ) -> String {
        """
        name: audited
        seed: 5
        rounds: \(rounds)
        data: { source: digits, validation: 60, test: 60 }
        training: { epochs: 1, batch: 20, learning_rate: 0.1 }
        server: { learning_rate: 0.8, momentum: 0.5 }
        cohort: { \(cohort) }
        trust: \(trust)
        reward: { \(reward) }
        participants: [ \(participants) ]
        updates: { \(updates) }
        \(more)

        """
    }

    /// Runs a scenario to its end.
    func run(_ text: String = AuditRoom.scenario()) throws -> RunFolder {
        try run(PreparedFederation.load(text: text, folder: url.path))
    }

    /// Runs a federation to its end.
    func run(_ federation: PreparedFederation) throws -> RunFolder {
        let folder = try RunFolder.create(
            in: url, name: federation.scenario.task.name, now: Date(timeIntervalSince1970: 1_770_000_000))
        let observer = Simulator.Observer(roundEnded: { _ in }, isCancelled: { false })
        _ = try Simulator(federation: federation, folder: folder, threads: 2, observer: observer).run()
        return folder
    }
}

extension RunFolder {
    /// What an audit says of the run.
    func audited(key: NoteVerifier? = nil, dataPath: String? = nil) throws -> AuditReport {
        try Auditor(folder: self, options: Auditor.Options(key: key, dataPath: dataPath, threads: 2)).run()
    }

    /// Every file, by path below the folder.
    var files: [String] {
        let found = FileManager.default.enumerator(atPath: url.path)?.compactMap { $0 as? String } ?? []
        return found.filter { name in
            var isFolder: ObjCBool = false
            let path = url.appendingPathComponent(name).path
            return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
        }.sorted()
    }

    /// Each file's bytes and when it was last changed.
    func state() throws -> [String: FileState] {
        var states: [String: FileState] = [:]
        for file in files {
            let path = url.appendingPathComponent(file).path
            var status = stat()
            stat(path, &status)
            states[file] = FileState(
                bytes: try Data(contentsOf: URL(fileURLWithPath: path)), seconds: Int(status.st_mtim.tv_sec),
                nanoseconds: Int(status.st_mtim.tv_nsec))
        }
        return states
    }

    /// Signs the folder anew, as its coordinator could.
    func signManifest(_ federation: PreparedFederation) throws {
        try Manifest.write(self, signer: federation.coordinatorSigner())
    }
}

/// A file as it is at one moment.
struct FileState: Equatable {
    let bytes: Data
    let seconds: Int
    let nanoseconds: Int
}
