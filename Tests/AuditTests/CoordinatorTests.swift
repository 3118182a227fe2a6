import Attestation
import Audit
import Foundation
import Ledger
import Runs
import Testing

@Suite("Audits of a coordinator's folder, with several tasks on one ledger")
struct CoordinatorTests {
    /// Forges one entry of a coordinator's ledger, and says what the audit finds and where the forged entry is.
    private func audit(
        _ change: @escaping (EntryBody) throws -> EntryBody?
    ) throws -> (coordinator: ForgedCoordinator, faults: [AuditFault], forged: AuditFault.Place, room: AuditRoom) {
        let room = try AuditRoom()
        var forged: EntryBody?
        let coordinator = try ForgedCoordinator(in: room) { body in
            guard forged == nil, let other = try change(body) else { return body }
            forged = other
            return other
        }
        let place = try #require(coordinator.entries.first { $0.body == forged }).sequence
        return (coordinator, try coordinator.folder.audited().faults, .entry(place), room)
    }

    @Test("Tasks that ran at once are audited each against its own folder, and every round computed again")
    func clean() throws {
        let room = try AuditRoom()
        let coordinator = try ForgedCoordinator(in: room)
        let opened = try #require(
            coordinator.entries.firstIndex { if case .roundOpened = $0.body { true } else { false } })
        #expect(
            coordinator.entries[opened...].contains {
                if case .participantRegistered = $0.body { true } else { false }
            }, "somebody registers while a round is open")
        let before = try coordinator.folder.state()
        let report = try coordinator.folder.audited()
        #expect(try coordinator.folder.state() == before)
        #expect(report.faults == [])
        #expect(report.gaps == [])
        #expect(report.verdict == .ok)
        #expect(report.isCoordinator)
        #expect(report.entries == UInt64(coordinator.entries.count))
        #expect(report.signedEntries == report.entries)
        #expect(report.tasks.map(\.name) == ["audited", "counted"])
        #expect(report.tasks.map(\.task) == [coordinator.scored.hex, coordinator.paidBySamples.hex])
        for task in report.tasks {
            #expect(task.isClosed)
            #expect(task.rounds.map(\.outcome) == [.rederived, .rederived, .rederived])
            #expect(task.rounds.map(\.contributions) == [4, 4, 4])
            #expect(task.rewards > 0 && task.rewarded > 0)
        }
        #expect(report.contributions == 24)
        #expect(report.tasks.map(\.uninvited) == [4, 0], "everybody who came while the first task ran")
    }

    @Test("One unit more for a participant, committed to and paid: the scores are named")
    func score() throws {
        for (full, novel) in [(1, 0), (0, 1)] as [(Int64, Int64)] {
            let (_, faults, forged, _) = try audit { body in
                guard case .scores(let scores) = body, scores.round == 2 else { return nil }
                return .scores(scores.with(scores.scores[0].participant, full: full, novel: novel))
            }
            #expect(faults.map(\.place) == [forged], "\(faults)")
        }
    }

    @Test("An update's squared norm of either task: the contribution is named")
    func squaredNorm() throws {
        for isSamples in [false, true] {
            var tasks: [Digest] = []
            let (_, faults, forged, _) = try audit { body in
                if case .taskOpened(let opened) = body { tasks.append(opened.task) }
                guard case .contributionAccepted(let accepted) = body, accepted.statement.round == 3,
                    (tasks.count == 2) == isSamples, let norm = accepted.squaredNorm
                else { return nil }
                return .contributionAccepted(try ContributionAccepted(accepted.contribution, squaredNorm: norm + 1))
            }
            #expect(faults.map(\.place) == [forged], "\(faults)")
        }
    }

    @Test("A wrong model of either task: the seal is named, then the model that is not there")
    func model() throws {
        let wrong = SHA256.hash(Array("wrong".utf8))
        for isSamples in [false, true] {
            let room = try AuditRoom()
            var task: Digest?
            let coordinator = try ForgedCoordinator(in: room) { body in
                switch body {
                case .roundSealed(let sealed) where sealed.round == 3 && (sealed.aggregate == nil) == isSamples:
                    task = sealed.task
                    return .roundSealed(sealed.with(model: wrong))
                case .taskClosed(let closed) where closed.task == task:
                    return .taskClosed(closed.with(model: wrong))
                default: return body
                }
            }
            let seal = try #require(
                coordinator.entries.first {
                    if case .roundSealed(let sealed) = $0.body { sealed.model == wrong } else { false }
                })
            let place = "tasks/\(try #require(task).hex)/"
            #expect(
                try coordinator.folder.audited().faults.map(\.place) == [
                    .entry(seal.sequence), .file(place + "models/\(wrong.hex).safetensors"),
                    .file(place + "model.safetensors"),
                ])
        }
    }

    @Test("A cohort larger than the task's file invites: the round's opening is named")
    func cohort() throws {
        var tasks = 0
        let (_, faults, forged, _) = try audit { body in
            if case .taskOpened = body { tasks += 1 }
            guard case .roundOpened(let opened) = body, tasks == 2 else { return nil }
            return .roundOpened(opened.with(cohort: (0..<8).map { ParticipantNumber($0) }))
        }
        #expect(faults.map(\.place) == [forged], "\(faults)")
        #expect(faults.first?.reason.contains("invited") ?? false)
    }

    @Test("A checkpoint of the ledger as it was is good; of another ledger, or a longer one, it is not")
    func checkpoints() throws {
        let room = try AuditRoom()
        let coordinator = try ForgedCoordinator(in: room, unsigned: 9)
        let folder = coordinator.folder
        let report = try folder.audited()
        #expect(report.faults == [])
        #expect(report.signedEntries < report.entries)
        let signer = try ForgedCoordinator.signer()
        let root = try Digest(hex: report.root)
        for (size, root) in [(report.signedEntries, root), (report.entries + 1, root), (report.entries, Digest.zero)] {
            let note = try Checkpoint(origin: signer.verifier.name, size: size, root: root).signed(by: signer)
            try folder.write(note.encoded, to: folder.checkpoint)
            #expect(try folder.audited().faults.map(\.place) == [.file("checkpoint")])
        }
        try FileManager.default.removeItem(at: folder.checkpoint)
        let without = try folder.audited()
        #expect(without.faults == [], "a head that is not there accuses nobody")
        #expect(without.verdict == .unverified)
        #expect(without.folderGaps.first?.missing == "a signed head of the ledger")
    }

    @Test("An update or a model that was changed or is missing is named by its path in the task's folder")
    func files() throws {
        let room = try AuditRoom()
        let coordinator = try ForgedCoordinator(in: room)
        let before = try coordinator.folder.state()
        for task in [coordinator.scored, coordinator.paidBySamples] {
            let update = try #require(
                coordinator.folder.files.first { $0.hasPrefix("tasks/\(task.hex)/updates/000002/") })
            let url = coordinator.folder.url.appendingPathComponent(update)
            var bytes = try #require(before[update]).bytes
            bytes[bytes.count - 1] ^= 1
            try bytes.write(to: url)
            #expect(try coordinator.folder.audited().faults.first?.place == .file(update))
            try FileManager.default.removeItem(at: url)
            #expect(try coordinator.folder.audited().faults.first?.place == .file(update))
            try #require(before[update]).bytes.write(to: url)
            let last = try #require(
                coordinator.entries.compactMap {
                    if case .taskClosed(let closed) = $0.body, closed.task == task { closed.model } else { nil }
                }.first)
            let model = "tasks/\(task.hex)/models/\(last.hex).safetensors"
            try FileManager.default.removeItem(at: coordinator.folder.url.appendingPathComponent(model))
            #expect(try coordinator.folder.audited().faults.map(\.place) == [.file(model)])
            try #require(before[model]).bytes.write(to: coordinator.folder.url.appendingPathComponent(model))
        }
        #expect(try coordinator.folder.audited().isClean)
    }

    @Test("Without the data set, the sums of one task and the models of the other are still computed again")
    func withoutData() throws {
        let (coordinator, faults, forged, room) = try audit { body in
            guard case .roundSealed(let sealed) = body, sealed.round == 2, sealed.aggregate == nil else { return nil }
            return .roundSealed(sealed.with(serverState: .some(.zero)))
        }
        defer { withExtendedLifetime(room) {} }
        #expect(faults.first?.place == forged)
        try FileManager.default.removeItem(
            at: coordinator.task(coordinator.paidBySamples).appendingPathComponent("source.yaml"))
        try FileManager.default.removeItem(
            at: coordinator.task(coordinator.scored).appendingPathComponent("scenario.yaml"))
        let report = try coordinator.folder.audited()
        #expect(report.faults.map(\.place).contains(forged))
        #expect(report.tasks[0].rounds { if case .aggregateOnly = $0 { true } else { false } } == [1, 2, 3])
        #expect(report.tasks[1].rounds { if case .aggregateOnly = $0 { true } else { false } }.contains(1))
    }

    @Test("Updates that the tasks' files bind the coordinator to keep and that are gone: each round's are named")
    func retention() throws {
        let room = try AuditRoom()
        let coordinator = try ForgedCoordinator(in: room)
        for task in [coordinator.scored, coordinator.paidBySamples] {
            try FileManager.default.removeItem(
                at: coordinator.task(task).appendingPathComponent("updates/000001"))
        }
        let report = try coordinator.folder.audited()
        #expect(report.verdict == .fault)
        let named = report.faults.map { "\($0.place)" }.filter { $0.contains("/updates/000001/") }
        #expect(named.count == 2, "\(report.faults)")
        #expect(report.faults.allSatisfy { $0.reason.contains("binds the coordinator to keep it (retain: all)") })
    }

    @Test("Updates that the tasks' files let go: no fault, and what rests on them is said")
    func letGo() throws {
        let room = try AuditRoom()
        let coordinator = try ForgedCoordinator(in: room, updates: "retain: last, last: 2")
        let report = try coordinator.folder.audited()
        #expect(report.faults == [])
        #expect(report.verdict == .unverified)
        for task in report.tasks {
            #expect(task.rounds.first?.outcome == .digestOnly("its updates were not kept"))
        }
        // Scores rest on the rounds before; samples do not.
        #expect(report.tasks[0].rounds { if case .aggregateOnly = $0 { true } else { false } } == [2, 3])
        #expect(report.tasks[1].rounds { $0 == .rederived } == [2, 3])
        #expect(report.gaps.map(\.rounds) == [[1, 2, 3], [1]])
        #expect(report.gaps.map(\.units) == report.tasks.map(\.rewarded))
        #expect(report.gaps.allSatisfy { $0.missing == "updates (round 1)" }, "\(report.gaps)")
        #expect(report.gaps.allSatisfy { $0.keeper == "nobody: the task's file says retain: last 2" })
        #expect(report.unverifiedUnits == report.rewarded)
    }

    @Test("A run's folder with a second task in its ledger is no run")
    func secondTask() throws {
        let room = try AuditRoom()
        let coordinator = try ForgedCoordinator(in: room)
        try FileManager.default.moveItem(
            at: coordinator.folder.url.appendingPathComponent("tasks"),
            to: coordinator.folder.url.appendingPathComponent("elsewhere"))
        try Manifest.write(coordinator.folder, signer: ForgedCoordinator.signer())
        let report = try coordinator.folder.audited()
        #expect(!report.isCoordinator)
        #expect(report.faults.contains { $0.reason.contains("second task") })
    }
}

@Suite("Audits of a coordinator that is running")
struct RunningCoordinatorTests {
    /// Another process that holds SQLite's shared lock on a ledger, as a running coordinator does.
    private static let script = """
        import fcntl, sys
        ledger = open(sys.argv[1], "rb")
        fcntl.lockf(ledger, fcntl.LOCK_SH, 510, (1 << 30) + 2)
        print("locked", flush=True)
        sys.stdin.read()
        """

    private static let python = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    @Test("Its ledger is in use: the audit says so, and what to do", .enabled(if: python != nil, "needs python3"))
    func running() throws {
        let room = try AuditRoom()
        let coordinator = try ForgedCoordinator(in: room)
        try Data().write(to: URL(fileURLWithPath: coordinator.folder.ledger.path + "-wal"))
        #expect(try coordinator.folder.audited().isClean)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(Self.python))
        process.arguments = ["-c", Self.script, coordinator.folder.ledger.path]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        #expect(!output.fileHandleForReading.availableData.isEmpty)
        #expect(throws: AuditError(.busy, "")) { try coordinator.folder.audited() }
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        #expect(try coordinator.folder.audited().isClean)
    }
}
