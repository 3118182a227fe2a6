import Attestation
import Audit
import Foundation
import Ledger
import Runs
import Simulation
import Testing

@Suite("Absence of evidence is never OK")
struct VerdictTests {
    /// Gives one participant of the first task more than its due, in a coordinator's folder that is otherwise in order.
    private func forgedScores(in room: AuditRoom, updates: String = "retain: all") throws -> ForgedCoordinator {
        try ForgedCoordinator(in: room, updates: updates) { body in
            guard case .scores(let scores) = body, scores.round == 1 else { return body }
            return .scores(scores.with(scores.scores[0].participant, novel: 1 << 40))
        }
    }

    private func remove(_ path: String, of folder: RunFolder) throws {
        try FileManager.default.removeItem(at: folder.url.appendingPathComponent(path))
    }

    @Test("Forged scores, and the round's updates deleted: a fault where the task's file says that they are kept")
    func forgedScoresWithoutUpdates() throws {
        let room = try AuditRoom()
        let coordinator = try forgedScores(in: room)
        #expect(try coordinator.folder.audited().verdict == .fault)
        try remove("tasks/\(coordinator.scored.hex)/updates/000001", of: coordinator.folder)
        let report = try coordinator.folder.audited()
        #expect(report.verdict == .fault)
        let fault = try #require(report.faults.first)
        #expect("\(fault.place)".contains("/updates/000001/"))
    }

    @Test("Forged scores of a task that promises to keep nothing: unverified, with the rounds and what was paid")
    func forgedScoresWithoutPromise() throws {
        let room = try AuditRoom()
        let coordinator = try forgedScores(in: room, updates: "retain: none")
        let report = try coordinator.folder.audited()
        #expect(report.faults == [])
        #expect(report.verdict == .unverified)
        let gap = try #require(report.tasks[0].gaps.first)
        #expect(gap.rounds == [1, 2, 3] && gap.units == report.tasks[0].rewarded && gap.units > 0)
        #expect(gap.missing == "updates (rounds 1 to 3)")
    }

    @Test("Forged scores of a task whose data are not at hand: unverified; with data that contradict: a fault")
    func forgedScoresWithoutData() throws {
        let room = try AuditRoom()
        let coordinator = try forgedScores(in: room)
        let scenario = coordinator.task(coordinator.scored).appendingPathComponent("scenario.yaml")
        let text = try String(contentsOf: scenario, encoding: .utf8)
        func rewrite(_ text: String) throws {
            try Data(text.utf8).write(to: scenario)
            try Manifest.write(
                task: "tasks/\(coordinator.scored.hex)", in: coordinator.folder, signer: ForgedCoordinator.signer())
        }
        try rewrite(text.replacing("source: digits", with: "source: folder, path: \"/nowhere/data.csv\""))
        let report = try coordinator.folder.audited()
        #expect(report.faults == [])
        #expect(report.verdict == .unverified)
        #expect(report.tasks[0].rounds { if case .aggregateOnly = $0 { true } else { false } } == [1, 2, 3])
        #expect(report.unverifiedUnits == report.tasks[0].rewarded)
        #expect(report.tasks[0].gaps.first?.missing.contains("/nowhere/data.csv") ?? false)
        try rewrite(text.replacing("validation: 60", with: "validation: 61"))
        let other = try coordinator.folder.audited()
        let opened = try #require(
            coordinator.entries.first { if case .taskOpened = $0.body { true } else { false } })
        #expect(other.faults.map(\.place) == [.entry(opened.sequence)], "\(other.faults)")
        #expect(other.faults.first?.reason.contains("validation set") ?? false)
    }

    @Test("A final model that the updates do not give is found without the data set, in a task that pays value too")
    func modelWithoutData() throws {
        let wrong = SHA256.hash(Array("noise".utf8))
        let room = try AuditRoom()
        var scored: Digest?
        let coordinator = try ForgedCoordinator(in: room) { body in
            switch body {
            case .roundSealed(let sealed) where sealed.round == 3 && sealed.aggregate != nil:
                scored = sealed.task
                return .roundSealed(sealed.with(model: wrong))
            case .taskClosed(let closed) where closed.task == scored: return .taskClosed(closed.with(model: wrong))
            default: return body
            }
        }
        try remove("tasks/\(coordinator.scored.hex)/scenario.yaml", of: coordinator.folder)
        let seal = try #require(
            coordinator.entries.first {
                if case .roundSealed(let sealed) = $0.body { sealed.model == wrong } else { false }
            })
        let report = try coordinator.folder.audited()
        #expect(report.faults.first?.place == .entry(seal.sequence), "\(report.faults)")
        #expect(report.faults.first?.reason.contains("the average gives the model") ?? false)
    }

    @Test("Models are derived one from the other without the data set, though their files are gone")
    func modelsFromUpdatesAlone() throws {
        let room = try AuditRoom()
        let coordinator = try ForgedCoordinator(in: room)
        for name in ["scenario.yaml", "manifest", "models"] {
            try remove("tasks/\(coordinator.scored.hex)/\(name)", of: coordinator.folder)
        }
        let report = try coordinator.folder.audited()
        #expect(report.tasks[0].rounds { if case .aggregateOnly = $0 { true } else { false } } == [1, 2, 3])
        #expect(report.verdict == .fault, "models are to be kept")
    }

    @Test("Updates of a round without quorum, whose lengths bound later rounds, are checked as well")
    func noQuorum() throws {
        let room = try AuditRoom()
        let folder = try room.run(
            AuditRoom.scenario(
                rounds: 12, cohort: "size: 4, quorum: 4, deadline_s: 2",
                participants: "{ kind: drop-out, count: 4, drop_out: 0.2 }", trust: "known"))
        let clean = try folder.audited()
        #expect(clean.verdict == .ok, "\(clean.faults) \(clean.gaps)")
        let round = try #require(clean.rounds.first { $0.outcome == .noQuorum && $0.contributions > 0 })
        let federation = try PreparedFederation.load(
            text: String(contentsOf: folder.scenario, encoding: .utf8), folder: folder.url.path)
        try FileManager.default.removeItem(at: folder.updates(ofRound: Int(round.round)))
        try folder.signManifest(federation)
        let report = try folder.audited()
        #expect(report.verdict == .fault)
        let fault = try #require(report.faults.first)
        #expect("\(fault.place)".contains(RunFolder.roundName(Int(round.round))))
    }

    @Test("What a killed run left has no manifest: unverified, and its folder is not accused")
    func unfinishedRun() throws {
        let room = try AuditRoom()
        let folder = try room.run()
        for file in ["manifest", "model.safetensors", "report.html", "summary.json"] { try remove(file, of: folder) }
        let report = try folder.audited()
        #expect(report.faults == [])
        #expect(report.verdict == .unverified)
        #expect(report.gaps.first?.missing.hasPrefix("manifest") ?? false)
        #expect(report.rounds.map(\.outcome) == [.rederived, .rederived, .rederived])
        #expect(report.notCovered.contains("metrics.csv"))
    }
}

@Suite("Folders that hold less than all")
struct PartialFolderTests {
    /// Another folder, with some of a folder's files.
    private func copy(_ names: [String], of folder: RunFolder, in room: AuditRoom) throws -> RunFolder {
        let target = room.url.appendingPathComponent("part-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
        for name in names {
            try FileManager.default.copyItem(
                at: folder.url.appendingPathComponent(name), to: target.appendingPathComponent(name))
        }
        return RunFolder(at: target)
    }

    @Test("A coordinator's ledger and checkpoint alone are judged as that: nobody is accused, nothing is derived")
    func coordinatorLedger() throws {
        let room = try AuditRoom()
        let coordinator = try ForgedCoordinator(in: room)
        for more in [[], ["coordinator.yaml"]] {
            if !more.isEmpty {
                try Data("origin: x\n".utf8).write(to: coordinator.folder.url.appendingPathComponent(more[0]))
            }
            let part = try copy(["ledger.sqlite", "checkpoint"] + more, of: coordinator.folder, in: room)
            let report = try part.audited()
            #expect(report.kind == (more.isEmpty ? .ledger : .coordinator))
            #expect(report.faults == [])
            #expect(report.verdict == .unverified)
            #expect(report.signedEntries == report.entries)
            #expect(report.gaps.map(\.rounds) == [[1, 2, 3], [1, 2, 3]])
            #expect(report.gaps.map(\.units) == report.tasks.map(\.rewarded))
            #expect(report.gaps.allSatisfy { $0.keeper == "the coordinator, whose ledger alone is here" })
        }
    }

    @Test("A simulated run's ledger and checkpoint alone accuse nobody either")
    func runLedger() throws {
        let room = try AuditRoom()
        let part = try copy(["ledger.sqlite", "checkpoint"], of: room.run(), in: room)
        let report = try part.audited()
        #expect(report.kind == .ledger)
        #expect(report.faults == [])
        #expect(report.verdict == .unverified)
        #expect(report.unverifiedUnits == report.rewarded && report.rewarded > 0)
    }

    @Test("A coordinator's ledger with its model beside it is not taken for a run, whose cohorts a seed draws")
    func ledgerAndModel() throws {
        let room = try AuditRoom()
        let coordinator = try ForgedCoordinator(in: room)
        let part = try copy(["ledger.sqlite", "checkpoint"], of: coordinator.folder, in: room)
        try FileManager.default.copyItem(
            at: coordinator.task(coordinator.scored).appendingPathComponent("model.safetensors"), to: part.model)
        let report = try part.audited()
        #expect(report.kind == .ledger)
        #expect(report.faults == [])
    }

    @Test("Without the file checkpoint, the newest head in the ledger's own file counts")
    func headInLedger() throws {
        let room = try AuditRoom()
        let coordinator = try ForgedCoordinator(in: room, isStored: true)
        try FileManager.default.removeItem(at: coordinator.folder.checkpoint)
        let report = try coordinator.folder.audited()
        #expect(report.verdict == .ok, "\(report.faults) \(report.gaps)")
        #expect(report.signedEntries == report.entries)
        #expect(report.isHeadInLedgerAlone)
    }

    @Test("An older file checkpoint beside a newer head in the ledger's own file: the newer counts")
    func newerHead() throws {
        let room = try AuditRoom()
        let report = try ForgedCoordinator(in: room, unsigned: 9, isStored: true).folder.audited()
        #expect(report.verdict == .ok, "\(report.faults) \(report.gaps)")
        #expect(report.signedEntries == report.entries)
    }

    @Test("Payments that no signed head covers are not verified")
    func unsigned() throws {
        let room = try AuditRoom()
        let report = try ForgedCoordinator(in: room, unsigned: 9).folder.audited()
        #expect(report.faults == [])
        #expect(report.verdict == .unverified)
        let gap = try #require(report.folderGaps.first)
        #expect(gap.missing.contains("a signed head over entries \(report.signedEntries) to \(report.entries - 1)"))
        #expect(gap.units > 0)
        #expect(report.unverifiedUnits == gap.units)
    }

    @Test("The manifest of one task does not pass for another's, nor does one that another key signed")
    func otherManifest() throws {
        let room = try AuditRoom()
        let coordinator = try ForgedCoordinator(in: room)
        let (first, second) = (coordinator.task(coordinator.scored), coordinator.task(coordinator.paidBySamples))
        try FileManager.default.removeItem(at: first.appendingPathComponent("manifest"))
        let without = try coordinator.folder.audited()
        #expect(without.verdict == .unverified && without.faults == [])
        #expect(without.gaps.first?.missing.hasPrefix("tasks/\(coordinator.scored.hex)/manifest") ?? false)
        try FileManager.default.copyItem(
            at: second.appendingPathComponent("manifest"), to: first.appendingPathComponent("manifest"))
        #expect(
            try coordinator.folder.audited().faults.map(\.place)
                == [.file("tasks/\(coordinator.scored.hex)/manifest")])
        let stranger = try NoteSigner(
            name: ForgedCoordinator.signer().verifier.name, key: SigningKey(seed: Array(repeating: 9, count: 32)))
        try Manifest.write(task: "tasks/\(coordinator.scored.hex)", in: coordinator.folder, signer: stranger)
        #expect(
            try coordinator.folder.audited().faults.map(\.place)
                == [.file("tasks/\(coordinator.scored.hex)/manifest")])
    }
}
