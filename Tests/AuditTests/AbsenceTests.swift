import Attestation
import Audit
import Foundation
import Runs
import Testing

/// The property of fail-closed verification, tried one absence at a time.
@Suite("Whatever is taken from a clean folder, the verdict is no longer OK, or the file was named as not covered")
struct AbsenceTests {
    /// The files and folders of a folder, and what to do without each.
    private func forEachPart(of folder: RunFolder, _ body: (String) throws -> Void) throws {
        let aside = folder.url.deletingLastPathComponent().appendingPathComponent("aside-\(UUID().uuidString)")
        let all = FileManager.default.enumerator(atPath: folder.url.path)?.compactMap { $0 as? String } ?? []
        for part in all.sorted() where part != "ledger.sqlite" {
            let url = folder.url.appendingPathComponent(part)
            try FileManager.default.moveItem(at: url, to: aside)
            try body(part)
            try FileManager.default.moveItem(at: aside, to: url)
        }
    }

    private func check(_ folder: RunFolder) throws {
        let clean = try folder.audited()
        #expect(clean.verdict == .ok, "\(clean.faults) \(clean.gaps)")
        var isNamed = 0
        try forEachPart(of: folder) { part in
            let report = try folder.audited()
            if clean.notCovered.contains(part) {
                isNamed += 1
            } else {
                #expect(report.verdict != .ok, "without \(part)")
            }
        }
        #expect(isNamed == clean.notCovered.count)
        #expect(try folder.audited().verdict == .ok)
    }

    @Test("Of a run: every file and every folder")
    func run() throws {
        let room = try AuditRoom()
        let folder = try room.run(AuditRoom.scenario(rounds: 2))
        #expect(try folder.audited().notCovered == [])
        try check(folder)
    }

    @Test("Of a coordinator's folder: every file and every folder, and what is not covered is named")
    func coordinator() throws {
        let room = try AuditRoom()
        let coordinator = try ForgedCoordinator(in: room)
        for name in ["coordinator.yaml", "coordinator.key", "bans"] {
            try Data("x".utf8).write(to: coordinator.folder.url.appendingPathComponent(name))
        }
        let events = [coordinator.scored, coordinator.paidBySamples].map { "tasks/\($0.hex)/events.jsonl" }
        #expect(
            try coordinator.folder.audited().notCovered
                == (events + ["coordinator.yaml", "coordinator.key", "bans"]).sorted())
        try check(coordinator.folder)
    }

    @Test("One flipped byte of any covered file of a coordinator's folder is a fault")
    func flips() throws {
        let room = try AuditRoom()
        let coordinator = try ForgedCoordinator(in: room)
        let clean = try coordinator.folder.audited()
        for file in coordinator.folder.files where file != "ledger.sqlite" && !clean.notCovered.contains(file) {
            let url = coordinator.folder.url.appendingPathComponent(file)
            let bytes = try Data(contentsOf: url)
            var other = bytes
            other[other.count / 2] ^= 1
            try other.write(to: url)
            let report = try coordinator.folder.audited()
            #expect(report.faults.contains { $0.place == .file(file) }, "\(file): \(report.faults) \(report.gaps)")
            try bytes.write(to: url)
        }
        #expect(try coordinator.folder.audited().verdict == .ok)
    }
}
