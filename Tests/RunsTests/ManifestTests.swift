import Attestation
import Foundation
import Runs
import Testing

@Suite("Manifests")
struct ManifestTests {
    private let signer: NoteSigner
    private let verifier: NoteVerifier

    init() throws {
        signer = try NoteSigner(name: "tributary.test/run", key: SigningKey(seed: [UInt8](repeating: 7, count: 32)))
        verifier = signer.verifier
    }

    /// A small run folder with a file of every sort, signed.
    private func fill(_ parent: URL) throws -> RunFolder {
        let folder = RunFolder(at: parent)
        try folder.write("name: x\n", to: folder.scenario)
        try folder.write("round\n1\n", to: folder.metrics)
        try folder.write("", to: folder.events)
        try folder.write([0, 1, 2, 255], to: folder.ledger)
        var store = try BlobStore(folder)
        let bytes = [UInt8](0..<16)
        let digest = BlobDigest.digest(of: bytes)
        _ = try store.putModel(round: 0, digest: digest, header: bytes.span.bytes, values: [UInt8]().span.bytes)
        _ = try store.putUpdate(round: 1, digest: digest, header: bytes.span.bytes, values: [UInt8]().span.bytes)
        try Manifest.write(folder, signer: signer)
        return folder
    }

    private func files(_ folder: RunFolder) -> [String] {
        let all = FileManager.default.enumerator(atPath: folder.url.path)?.allObjects as? [String] ?? []
        return all.filter {
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: folder.url.path + "/" + $0, isDirectory: &isFolder)
                && !isFolder.boolValue
        }.sorted()
    }

    @Test("An untouched folder has no faults, and the list is sorted and readable")
    func untouched() throws {
        try RunSamples.withFolder { parent in
            let folder = try fill(parent)
            #expect(try Manifest.verify(folder, verifier: verifier).isEmpty)
            let text = try String(contentsOf: folder.manifest, encoding: .utf8)
            #expect(text.hasPrefix("tributary/run-manifest/v1\nfiles 6\nsha256 "))
            #expect(text.contains("\n— tributary.test/run "))
            let list = text.split(separator: "--- files ---\n")[1].split(separator: "\n")
            let paths = list.map { String($0.split(separator: "  ")[2]) }
            #expect(paths == paths.sorted() && paths.count == 6)
            #expect(list.contains("\(SHA256.hash(Array("name: x\n".utf8)).hex)  8  scenario.yaml"))
        }
    }

    @Test("A task's manifest lists what its coordinator writes at the close, and not what goes on changing")
    func task() throws {
        try RunSamples.withFolder { parent in
            let coordinator = RunFolder(at: parent)
            let task = RunFolder(at: parent.appendingPathComponent("tasks/abc"))
            try FileManager.default.createDirectory(at: task.url, withIntermediateDirectories: true)
            for file in [task.metrics, task.report, task.summary, task.model, task.events] {
                try task.write("x", to: file)
            }
            try Manifest.write(task: "tasks/abc", in: coordinator, signer: signer)
            func verify(_ name: String = "tasks/abc") -> (listed: [String], faults: [ManifestFault]) {
                Manifest.verify(task: name, in: coordinator, verifier: verifier)
            }
            let names = ["metrics.csv", "model.safetensors", "report.html", "summary.json"].map { "tasks/abc/\($0)" }
            #expect(verify().listed == names)
            #expect(verify().faults == [])
            try task.write("y", to: task.events)
            try task.write("z", to: task.url.appendingPathComponent("another"))
            #expect(verify().faults == [])
            try task.write("y", to: task.report)
            try FileManager.default.removeItem(at: task.summary)
            #expect(verify().faults.map(\.path) == ["tasks/abc/report.html", "tasks/abc/summary.json"])
            #expect(verify().faults.map(\.kind) == [.changed, .missing])
            let other = parent.appendingPathComponent("tasks/def")
            try FileManager.default.copyItem(at: task.url, to: other)
            #expect(verify("tasks/def").faults.map(\.kind) == [.badManifest])
            #expect(verify("tasks/none").faults.map(\.kind) == [.badManifest])
        }
    }

    @Test("A flipped byte anywhere in any file is found, and the file is named")
    func flippedBytes() throws {
        try RunSamples.withFolder { parent in
            let folder = try fill(parent)
            for path in files(folder) {
                let url = parent.appendingPathComponent(path)
                let good = [UInt8](try Data(contentsOf: url))
                for index in good.indices {
                    var bad = good
                    bad[index] ^= 1 << UInt8(index % 8)
                    try Data(bad).write(to: url)
                    let faults = try Manifest.verify(folder, verifier: verifier)
                    #expect(faults.map(\.path) == [path], "\(path) byte \(index)")
                    #expect(faults.first?.kind == (path == "manifest" ? .badManifest : .changed))
                }
                try Data(good).write(to: url)
            }
            #expect(try Manifest.verify(folder, verifier: verifier).isEmpty)
        }
    }

    @Test("A manifest cut short anywhere, or with anything behind it, is found")
    func cutManifest() throws {
        try RunSamples.withFolder { parent in
            let folder = try fill(parent)
            let good = try Data(contentsOf: folder.manifest)
            for count in 0..<good.count {
                try good.prefix(count).write(to: folder.manifest)
                #expect(try Manifest.verify(folder, verifier: verifier).map(\.kind) == [.badManifest])
            }
            for tail in ["\n", "x", "x\n"] {
                try (good + Data(tail.utf8)).write(to: folder.manifest)
                #expect(try Manifest.verify(folder, verifier: verifier).map(\.kind) == [.badManifest])
            }
            try FileManager.default.removeItem(at: folder.manifest)
            #expect(try Manifest.verify(folder, verifier: verifier).map(\.path) == ["manifest"])
        }
    }

    @Test("Missing, extra, longer, shorter, swapped and linked files are each named")
    func otherChanges() throws {
        try RunSamples.withFolder { parent in
            let folder = try fill(parent)
            func faults() throws -> [String] {
                try Manifest.verify(folder, verifier: verifier).map { "\($0.kind.rawValue) \($0.path)" }
            }
            try FileManager.default.removeItem(at: folder.events)
            #expect(try faults() == ["missing events.jsonl"])
            try folder.write("", to: folder.events)
            try folder.write("x", to: parent.appendingPathComponent("models/extra"))
            #expect(try faults() == ["extra models/extra"])
            try FileManager.default.removeItem(at: parent.appendingPathComponent("models/extra"))
            try folder.write("name: x\n\n", to: folder.scenario)
            #expect(try faults() == ["changed scenario.yaml"])
            try folder.write("name: x", to: folder.scenario)
            #expect(try faults() == ["changed scenario.yaml"])
            try FileManager.default.removeItem(at: folder.scenario)
            let target = folder.scenario.path + ".real"
            try folder.write("name: x\n", to: URL(fileURLWithPath: target))
            try FileManager.default.createSymbolicLink(atPath: folder.scenario.path, withDestinationPath: target)
            #expect(try faults() == ["changed scenario.yaml", "extra scenario.yaml.real"])
            #expect(throws: RunError(.malformed, "")) { try Manifest.write(folder, signer: signer) }
        }
    }

    @Test("What a reader of the ledger leaves behind is no fault, unless it could hold entries")
    func ledgerCache() throws {
        try RunSamples.withFolder { parent in
            let folder = try fill(parent)
            try folder.write("index", to: parent.appendingPathComponent("ledger.sqlite-shm"))
            try folder.write("", to: parent.appendingPathComponent("ledger.sqlite-wal"))
            #expect(try Manifest.verify(folder, verifier: verifier).isEmpty)
            try folder.write("pages", to: parent.appendingPathComponent("ledger.sqlite-wal"))
            #expect(try Manifest.verify(folder, verifier: verifier).map(\.path) == ["ledger.sqlite-wal"])
        }
    }

    @Test("Another key's manifest does not hold, even over the same files and with the same name")
    func otherKey() throws {
        try RunSamples.withFolder { parent in
            let folder = try fill(parent)
            let other = try NoteSigner(name: signer.verifier.name, key: .generate())
            try Manifest.write(folder, signer: other)
            #expect(try Manifest.verify(folder, verifier: verifier).map(\.kind) == [.badManifest])
            #expect(try Manifest.verify(folder, verifier: other.verifier).isEmpty)
        }
    }
}
