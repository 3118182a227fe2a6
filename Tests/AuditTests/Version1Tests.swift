import Attestation
import Audit
import Foundation
import Ledger
import Runs
import Simulation
import Testing

/// What unpacks the runs.
private let tar = ["/usr/bin/tar", "/bin/tar"].first { FileManager.default.isExecutableFile(atPath: $0) }

@Suite("Runs of rules version 1", .enabled(if: tar != nil, "needs tar"))
struct Version1Tests {
    private static let packed = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Protocols/vectors/version-1-runs")

    /// A copy of a run that release 0.1.0 wrote.
    private static func run(_ name: String, in room: AuditRoom) throws -> RunFolder {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(tar))
        process.arguments = ["-xzf", packed.appendingPathComponent("\(name).tar.gz").path, "-C", room.url.path]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let names = try FileManager.default.contentsOfDirectory(atPath: room.url.path)
        return RunFolder(at: room.url.appendingPathComponent(try #require(names.first { $0.hasPrefix(name) })))
    }

    @Test("They audit cleanly, and every round, score and payment is computed again", arguments: ["novel", "samples"])
    func clean(name: String) throws {
        let room = try AuditRoom()
        let folder = try Self.run(name, in: room)
        let before = try folder.state()
        let report = try folder.audited()
        #expect(report.faults == [])
        #expect(report.rounds.map(\.outcome) == [.rederived, .rederived, .rederived])
        #expect(report.rounds.map(\.contributions) == [4, 4, 4])
        let summary = try folder.readSummary()
        #expect(report.root == summary.ledgerRoot)
        #expect(report.rewarded == summary.paidTotal)
        #expect(report.rewards > 0)
        #expect(summary.rounds.contains { $0.paid > 0 }, "version 1 paid by the round")
        #expect(try folder.state() == before)
    }

    @Test("What is missing of them is unverified, and nobody is accused", arguments: ["novel", "samples"])
    func missing(name: String) throws {
        let room = try AuditRoom()
        let folder = try Self.run(name, in: room)
        try FileManager.default.removeItem(at: folder.manifest)
        #expect(try folder.audited().gaps.map(\.units) == [0], "the manifest alone")
        try FileManager.default.removeItem(at: folder.updates(ofRound: 2))
        let report = try folder.audited()
        #expect(report.faults == [])
        #expect(report.verdict == .unverified)
        let gap = try #require(report.tasks.first?.gaps.first)
        #expect(gap.missing == "updates (round 2)")
        #expect(gap.keeper.contains("retention rule"))
        #expect(gap.units > 0 && gap.units <= report.rewarded)
        for file in folder.files where !["ledger.sqlite", "checkpoint"].contains(file) {
            try FileManager.default.removeItem(at: folder.url.appendingPathComponent(file))
        }
        for name in ["updates", "models"] {
            try FileManager.default.removeItem(at: folder.url.appendingPathComponent(name))
        }
        let ledger = try folder.audited()
        #expect(ledger.kind == .ledger && ledger.faults == [] && ledger.verdict == .unverified)
        #expect(ledger.unverifiedUnits == ledger.rewarded)
    }

    @Test(
        "Their ledgers replay to the state that they had, closed, with nothing left", arguments: ["novel", "samples"])
    func replay(name: String) throws {
        let room = try AuditRoom()
        let folder = try Self.run(name, in: room)
        let store = try SQLiteLedgerStore(path: folder.ledger.path, access: .readOnly)
        let report = Replay.run(store: store, verifySignatures: true, threads: 2)
        #expect(report.fault == nil)
        #expect(report.state.genesis?.rulesVersion == 1)
        let task = try #require(report.state.taskOrder.first)
        #expect(report.state.tasks[task]?.stage == .closed)
        #expect(report.state.accounts.balance(of: .pool(task)).available == 0)
    }

    @Test("An entry, a model or an update that was changed is found", arguments: ["novel", "samples"])
    func damaged(name: String) throws {
        let room = try AuditRoom()
        let folder = try Self.run(name, in: room)
        let update = try #require(folder.files.first { $0.hasPrefix("updates/000002/") })
        for file in [update, "model.safetensors"] {
            let url = folder.url.appendingPathComponent(file)
            let good = try Data(contentsOf: url)
            var bytes = good
            bytes[bytes.count - 1] ^= 1
            try bytes.write(to: url)
            #expect(try folder.audited().faults.contains { $0.place == .file(file) })
            try good.write(to: url)
        }
        let handle = try FileHandle(forUpdating: folder.ledger)
        let good = try Data(contentsOf: folder.ledger)
        let place = try #require(good.range(of: Data("tributary.simulation".utf8))).lowerBound
        try handle.seek(toOffset: UInt64(place))
        try handle.write(contentsOf: [good[place] ^ 1])
        try handle.close()
        #expect(try !folder.audited().isClean)
    }

    @Test("An append is refused, and the ledger stays as it was")
    func append() throws {
        let room = try AuditRoom()
        let folder = try Self.run("novel", in: room)
        let path = room.url.appendingPathComponent("copy.sqlite").path
        try FileManager.default.copyItem(atPath: folder.ledger.path, toPath: path)
        func entries(_ path: String) throws -> [[UInt8]] {
            let store = try SQLiteLedgerStore(path: path, access: .readOnly)
            return try store.entries(in: 0..<store.count).map(\.bytes)
        }
        let key = try SimulatedParticipant.simulationKey("coordinator", 0, seed: 5)
        let signer = try NoteSigner(name: "tributary.simulation/novel", key: key)
        do {
            let store = try SQLiteLedgerStore(path: path, access: .readWrite)
            defer { try? store.close() }
            _ = try Journal.open(store: store, signer: signer)
            Issue.record("a ledger of rules version 1 was opened for appending")
        } catch {
            #expect(error == LedgerError(.oldRules, ""))
            #expect("\(error)".contains("start a new log"), "\(error)")
        }
        #expect(try entries(path) == entries(folder.ledger.path))
    }
}
