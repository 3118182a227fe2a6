import Attestation
import Audit
import Foundation
import Runs
import Simulation
import Testing

@Suite("Audits of runs that are in order")
struct CleanRunTests {
    @Test("A run as it was written is clean, and every round is computed again")
    func clean() throws {
        let room = try AuditRoom()
        let folder = try room.run()
        let report = try folder.audited()
        let summary = try folder.readSummary()
        #expect(report.faults == [])
        #expect(report.isClean)
        #expect(report.run == folder.name)
        #expect(report.entries == summary.ledgerEntries)
        #expect(report.root == summary.ledgerRoot)
        #expect(report.contributions == 12)
        #expect(report.rewarded == summary.paidTotal)
        #expect(report.rounds.map(\.outcome) == [.rederived, .rederived, .rederived])
        #expect(report.rounds.map(\.contributions) == [4, 4, 4])
    }

    @Test("An audit reads only: no byte, no time and no file of the folder changes, whatever it finds")
    func readsOnly() throws {
        let room = try AuditRoom()
        let folder = try room.run()
        let before = try folder.state()
        _ = try folder.audited()
        #expect(try folder.state() == before)
        for place in [18, 40, 3_000] {
            let handle = try FileHandle(forUpdating: folder.ledger)
            let good = try #require(before["ledger.sqlite"]).bytes
            try handle.seek(toOffset: UInt64(place))
            try handle.write(contentsOf: [good[place] ^ 3])
            try handle.close()
            let damaged = try folder.state()
            #expect(try !folder.audited().isClean)
            #expect(try folder.state() == damaged)
            try good.write(to: folder.ledger)
        }
    }

    @Test("The coordinator's key, known from elsewhere, is accepted, and any other refused")
    func pinnedKey() throws {
        let room = try AuditRoom()
        let folder = try room.run()
        let key = try folder.audited().key
        #expect(try folder.audited(key: NoteVerifier(vkey: key)).isClean)
        let origin = try NoteVerifier(vkey: key).name
        let other = try NoteVerifier(
            name: origin, publicKey: SigningKey(seed: Array(repeating: 7, count: 32)).publicKey)
        #expect(throws: AuditError(.wrongKey, "")) { try folder.audited(key: other) }
    }

    @Test("What is no run has no ledger to audit")
    func noLedger() throws {
        let room = try AuditRoom()
        let folder = try room.run()
        try FileManager.default.removeItem(at: folder.ledger)
        #expect(throws: AuditError(.noLedger, "")) { try folder.audited() }
    }

    @Test(
        "Every trust, score and disclosure audits cleanly",
        arguments: [
            "trust: known", "trust: known\ndisclosure: live", "trust: known\nscore: samples",
            "trust: known\nscore: none",
            "trust: open\npaid_rounds: first", "trust: known\nweighting: claimed", "trust: known\nsource: sponsor",
        ])
    func ways(way: String) throws {
        func has(_ word: String) -> Bool { way.contains(word) }
        var reward = #"pool: "30""#
        if has("samples") { reward = #"score: samples, pool: "30""# }
        if has("none") { reward = "score: none" }
        if has("first") { reward += ", paid_rounds: first" }
        if has("sponsor") { reward += ", source: sponsor, sponsor: acme" }
        let room = try AuditRoom()
        let folder = try room.run(
            AuditRoom.scenario(
                trust: has("open") ? "open" : "known", reward: reward,
                more: has("live") ? "disclosure: live" : has("claimed") ? "weights: { weighting: claimed }" : ""))
        let report = try folder.audited()
        #expect(report.faults == [])
        #expect(report.rounds.map(\.outcome) == [.rederived, .rederived, .rederived])
        #expect((report.rewarded > 0) == !has("none"))
    }

    @Test("With the last rounds' updates alone, the audit says what it computed again and what it took on digests")
    func retention() throws {
        let room = try AuditRoom()
        let folder = try room.run(AuditRoom.scenario(updates: "retain: last, last: 2", rounds: 5))
        let report = try folder.audited()
        #expect(report.faults == [])
        #expect(report.verdict == .unverified)
        #expect(report.gaps.map(\.rounds) == [[1, 2, 3, 4, 5]])
        #expect(report.gaps.map(\.units) == [report.rewarded])
        for round in report.rounds.suffix(2) {
            guard case .aggregateOnly(let reason) = round.outcome else {
                Issue.record("round \(round.round): \(round.outcome)")
                continue
            }
            #expect(reason.contains("could not be computed again"))
        }
        for round in report.rounds.prefix(3) {
            guard case .digestOnly(let reason) = round.outcome else {
                Issue.record("round \(round.round): \(round.outcome)")
                continue
            }
            #expect(reason == "its updates were not kept")
        }
    }
}

@Suite("Audits without the data set")
struct MissingDataTests {
    /// A made-up data set of four features and three classes.
    private static let rows: String =
        (0..<240).map { row in
            let label = row % 3
            let values = (0..<4).map { column in
                "\(Double((row * 37 + column * 11) % 50) / 50 + (column == label ? 1 : 0))"
            }
            return (values + ["\(label)"]).joined(separator: ",")
        }.joined(separator: "\n") + "\n"

    private static func run(in room: AuditRoom) throws -> (folder: RunFolder, data: URL) {
        let data = room.url.appendingPathComponent("made-up.csv")
        try Data(rows.utf8).write(to: data)
        let text = AuditRoom.scenario().replacing(
            "source: digits", with: "source: folder, path: \"made-up.csv\"")
        return (try room.run(text), data)
    }

    @Test("Where the data set is gone, sums are computed again, and the reason is given for what is not")
    func gone() throws {
        let room = try AuditRoom()
        let (folder, data) = try Self.run(in: room)
        #expect(try folder.audited().rounds.map(\.outcome) == [.rederived, .rederived, .rederived])
        try FileManager.default.removeItem(at: data)
        let report = try folder.audited()
        #expect(report.faults == [])
        for round in report.rounds {
            guard case .aggregateOnly(let reason) = round.outcome else {
                Issue.record("round \(round.round): \(round.outcome)")
                continue
            }
            #expect(reason.contains("made-up.csv"))
        }
        #expect(report.verdict == .unverified)
        #expect(report.gaps.map(\.rounds) == [[1, 2, 3]])
        #expect(report.unverifiedUnits == report.rewarded && report.rewarded > 0)
        #expect(report.gaps.first?.missing.contains("made-up.csv") ?? false)
    }

    @Test("A data set named to the audit is used; one that does not give the validation root is a fault")
    func elsewhere() throws {
        let room = try AuditRoom()
        let (folder, data) = try Self.run(in: room)
        let moved = room.url.appendingPathComponent("moved.csv")
        try FileManager.default.moveItem(at: data, to: moved)
        let report = try folder.audited(dataPath: moved.path)
        #expect(report.faults == [])
        #expect(report.rounds.map(\.outcome) == [.rederived, .rederived, .rederived])
        let changed = Self.rows.replacing("0.5", with: "0.25")
        try Data(changed.utf8).write(to: moved)
        let other = try folder.audited(dataPath: moved.path)
        #expect(other.rounds { if case .aggregateOnly = $0 { true } else { false } } == [1, 2, 3])
        #expect(other.faults.count == 1, "\(other.faults)")
        #expect(other.faults.first?.reason.contains("if that is not the task's data set, name the right one") ?? false)
    }

    @Test("Without the data set, an update that was changed is still found")
    func changedUpdate() throws {
        let room = try AuditRoom()
        let (folder, data) = try Self.run(in: room)
        try FileManager.default.removeItem(at: data)
        let update = try #require(folder.files.first { $0.hasPrefix("updates/000002/") })
        var bytes = try Data(contentsOf: folder.url.appendingPathComponent(update))
        bytes[bytes.count - 1] ^= 1
        try bytes.write(to: folder.url.appendingPathComponent(update))
        let report = try folder.audited()
        #expect(report.faults.contains { $0.place == .file(update) })
    }
}
