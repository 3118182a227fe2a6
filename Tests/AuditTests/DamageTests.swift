import Audit
import Foundation
import Runs
import Simulation
import Tensors
import Testing

@Suite("Audits of damaged folders")
struct DamageTests {
    /// Flips one byte, audits, and puts it back.
    private static func audit(
        _ folder: RunFolder, flipping offset: Int, of file: String, in bytes: Data, mask: UInt8
    ) throws -> AuditReport? {
        let url = folder.url.appendingPathComponent(file)
        let handle = try FileHandle(forUpdating: url)
        defer { try? handle.close() }
        try handle.seek(toOffset: UInt64(offset))
        try handle.write(contentsOf: [bytes[offset] ^ mask])
        defer {
            try? handle.seek(toOffset: UInt64(offset))
            try? handle.write(contentsOf: [bytes[offset]])
        }
        return try folder.audited()
    }

    /// Whether the audit found that file, or an entry, to be wrong.
    private static func names(_ file: String, _ report: AuditReport?) -> Bool {
        report?.faults.contains { fault in
            if case .entry = fault.place { file == "ledger.sqlite" } else { fault.place == .file(file) }
        } ?? false
    }

    @Test("One flipped byte of any file is found, at its ends and at seeded places, and the file named")
    func everyFile() throws {
        let room = try AuditRoom()
        let folder = try room.run(AuditRoom.scenario(rounds: 2))
        let before = try folder.state()
        var generator = SeededGenerator(seed: 3, stream: "flips")
        let files = folder.files
        for name in [
            "checkpoint", "events.jsonl", "ledger.sqlite", "manifest", "metrics.csv", "model.safetensors",
            "report.html", "scenario.yaml", "summary.json",
        ] { #expect(files.contains(name)) }
        #expect(files.filter { $0.hasPrefix("updates/") }.count == 8)
        #expect(files.filter { $0.hasPrefix("models/") }.count >= 4)
        for file in files where file != "ledger.sqlite" {
            let bytes = try #require(before[file]).bytes
            var offsets = [0, bytes.count / 2, bytes.count - 1]
            for _ in 0..<3 { offsets.append(generator.nextIndex(below: bytes.count)) }
            for offset in offsets {
                let mask = UInt8(1) << UInt8(generator.nextIndex(below: 8))
                let report = try Self.audit(folder, flipping: offset, of: file, in: bytes, mask: mask)
                #expect(Self.names(file, report), "\(file), byte \(offset): \(report?.faults ?? [])")
            }
        }
        #expect(try folder.audited().isClean)
    }

    @Test("One flipped byte of the ledger is found, in every page and in the header")
    func ledger() throws {
        let room = try AuditRoom()
        let folder = try room.run(AuditRoom.scenario(rounds: 2))
        let bytes = try #require(try folder.state()["ledger.sqlite"]).bytes
        var generator = SeededGenerator(seed: 4, stream: "flips")
        var offsets = Array(stride(from: 0, to: 100, by: 5))
        let pageSize = 4_096
        for page in stride(from: 0, to: bytes.count, by: pageSize) {
            for _ in 0..<8 { offsets.append(page + generator.nextIndex(below: pageSize)) }
            offsets += [page, page + 7]
        }
        for offset in offsets where offset < bytes.count {
            let mask = UInt8(1) << UInt8(generator.nextIndex(below: 8))
            let report = try Self.audit(folder, flipping: offset, of: "ledger.sqlite", in: bytes, mask: mask)
            #expect(Self.names("ledger.sqlite", report), "byte \(offset): \(report?.faults ?? [])")
        }
        #expect(try folder.audited().isClean)
    }

    @Test("A file that is missing is named, whichever it is")
    func missing() throws {
        let room = try AuditRoom()
        let folder = try room.run(AuditRoom.scenario(rounds: 2))
        for file in folder.files where file != "ledger.sqlite" {
            let url = folder.url.appendingPathComponent(file)
            let bytes = try Data(contentsOf: url)
            try FileManager.default.removeItem(at: url)
            let report = try folder.audited()
            if file == "manifest" {
                #expect(report.verdict == .unverified && report.gaps.map(\.missing).contains { $0.hasPrefix(file) })
            } else {
                #expect(Self.names(file, report), "\(file): \(report.faults)")
            }
            try bytes.write(to: url)
        }
        #expect(try folder.audited().isClean)
    }

    @Test(
        "A file too many is named",
        arguments: ["extra", "updates/000001/extra.safetensors", "models/x", "ledger.sqlite-wal"])
    func extra(file: String) throws {
        let room = try AuditRoom()
        let folder = try room.run(AuditRoom.scenario(rounds: 1))
        try Data("x".utf8).write(to: folder.url.appendingPathComponent(file))
        let report = try folder.audited()
        #expect(Self.names(file, report), "\(report.faults)")
    }

    @Test("A ledger, checkpoint or manifest that is cut off, empty or something else is a fault, not a crash")
    func otherBytes() throws {
        let room = try AuditRoom()
        let folder = try room.run(AuditRoom.scenario(rounds: 1))
        for file in ["ledger.sqlite", "checkpoint", "manifest", "scenario.yaml", "model.safetensors"] {
            let url = folder.url.appendingPathComponent(file)
            let good = try Data(contentsOf: url)
            for bytes in [Data(), good.prefix(good.count / 2), good + good, Data(repeating: 0xFF, count: 5_000)] {
                try bytes.write(to: url)
                let report = try folder.audited()
                #expect(Self.names(file, report), "\(file): \(report.faults)")
            }
            try good.write(to: url)
        }
        #expect(try folder.audited().isClean)
    }
}
