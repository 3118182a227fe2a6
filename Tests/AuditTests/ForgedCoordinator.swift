import Attestation
import Audit
import Foundation
import Ledger
import Runs
import Simulation

/// A coordinator's folder with two tasks that ran at once, made of two simulated runs: their entries stand between each
/// other on one ledger, and the second run's participants registered while the first task was under way.
///
/// Each run starts from the model that this ledger gives, so the second runs only once the first task is half written.
struct ForgedCoordinator {
    let folder: RunFolder
    /// Pays novel path scores, and has momentum; its data set is named by a scenario.
    let scored: Digest
    /// Pays samples; its data set is named by a source file.
    let paidBySamples: Digest
    /// The entries of the ledger.
    let entries: [Entry]

    private static let origin = "tributary.test/coordinator"

    /// A body with its time, as the coordinator's ledger has it.
    private struct Step {
        let timeMs: UInt64
        let body: EntryBody
    }

    static func signer() throws -> NoteSigner {
        try NoteSigner(name: origin, key: SigningKey(seed: SHA256.hash(Array("coordinator".utf8)).bytes))
    }

    /// Writes the folder.
    ///
    /// - Parameters:
    ///   - unsigned: entries at the ledger's end that its checkpoint does not cover.
    ///   - isStored: whether the ledger's own file has a head over all of it.
    ///   - updates: what the first task's file promises to keep, and the second's.
    ///   - change: what to write instead of a body, asked task by task; what follows from the rules is left to them.
    init(
        in room: AuditRoom, unsigned: Int = 0, isStored: Bool = false, updates: String = "retain: all",
        change: (EntryBody) throws -> EntryBody = { $0 }
    ) throws {
        folder = RunFolder(at: room.url.appendingPathComponent("coordinator"))
        try FileManager.default.createDirectory(at: folder.url, withIntermediateDirectories: true)
        var writer = try Writer(folder)
        let first = try PreparedFederation.load(text: AuditRoom.scenario(updates: updates), folder: room.url.path)
        let second = try PreparedFederation.load(
            text: AuditRoom.scenario(updates: updates, trust: "known", reward: #"score: samples, pool: "30""#)
                .replacing("name: audited", with: "name: counted").replacing("seed: 5", with: "seed: 6"),
            folder: room.url.path)
        var running = try Self.begin(first, room, &writer, shiftMs: 0, change)
        // In the middle of the second round.
        let secondMs = running.steps[running.steps.count / 3].timeMs
        let early = running.steps.prefix { $0.timeMs <= secondMs }
        for step in early { try writer.write(step.timeMs, step.body) }
        running.steps.removeFirst(early.count)
        let other = try Self.begin(second, room, &writer, shiftMs: secondMs - running.beganMs, change)
        let rest = (running.steps + other.steps).enumerated()
        for (_, step) in rest.sorted(by: { ($0.element.timeMs, $0.offset) < ($1.element.timeMs, $1.offset) }) {
            try writer.write(step.timeMs, step.body)
        }
        (scored, paidBySamples) = (running.task, other.task)
        entries = try writer.finish(unsigned: unsigned, isStored: isStored)
        try keep(running.folder, as: scored, source: nil)
        try keep(other.folder, as: paidBySamples, source: "data: { source: digits, validation: 60, test: 60 }\n")
    }

    /// Where a task's files are.
    func task(_ task: Digest) -> URL { folder.url.appendingPathComponent("tasks/\(task.hex)") }

    /// A task whose opening is written, and what its coordinator wrote after that.
    private struct Running {
        let folder: RunFolder
        let task: Digest
        let beganMs: UInt64
        var steps: [Step]
    }

    /// Writes a run's opening, then runs it from the model that the ledger gives.
    private static func begin(
        _ federation: PreparedFederation, _ room: AuditRoom, _ writer: inout Writer, shiftMs: UInt64,
        _ change: (EntryBody) throws -> EntryBody
    ) throws -> Running {
        let numbers = federation.participants.map { ParticipantNumber(writer.registered) + $0.number }
        // What is written before the first round does not depend on the model.
        let (opening, _) = try split(ForgedRun(room.run(federation)).replayed(), shiftMs: shiftMs, numbers)
        for step in opening { try writer.write(step.timeMs, change(step.body)) }
        guard case .taskOpened(let opened)? = opening.last?.body else { fatalError("a run opens its task last") }
        let secrets = SimulatedSecrets(
            task: federation.secrets.task, startSeed: TaskStart.seed(root: writer.root, task: opened.task))
        let folder = try room.run(PreparedFederation(federation, secrets: secrets))
        let (_, steps) = try split(ForgedRun(folder).replayed(), shiftMs: shiftMs, numbers)
        let changed = try Commitments.renewed(steps.map { try change($0.body) })
        return Running(
            folder: folder, task: opened.task, beganMs: opening[0].timeMs - shiftMs,
            steps: zip(steps, changed).map { Step(timeMs: $0.timeMs, body: $1) })
    }

    /// What a run's coordinator said before its first round, and from then on, at this coordinator's time and with its
    /// participants' numbers.
    private static func split(
        _ entries: [Entry], shiftMs: UInt64, _ numbers: [ParticipantNumber]
    ) throws -> (opening: [Step], rest: [Step]) {
        let said = entries.dropFirst().filter { entry in
            switch entry.body {
            case .transfer, .taskSettled, .snapshot: false
            default: true
            }
        }
        let steps = said.map { entry in
            let body: EntryBody =
                switch entry.body {
                case .taskOpened(let opened):
                    .taskOpened(
                        opened.with(
                            terms: opened.terms.map { $0.with(closeByMs: $0.closeByMs + shiftMs) }))
                case .roundOpened(let opened):
                    .roundOpened(
                        opened.with(
                            deadlineMs: opened.deadlineMs + shiftMs, cohort: opened.cohort.map { numbers[Int($0)] }))
                case .scores(let scores): .scores(scores.with(numbers: numbers))
                default: entry.body
                }
            return Step(timeMs: entry.timeMs + shiftMs, body: body)
        }
        let first = steps.firstIndex { if case .roundOpened = $0.body { true } else { false } } ?? steps.count
        return (Array(steps[..<first]), Array(steps[first...]))
    }

    /// Moves a run's blobs to where a coordinator keeps them.
    private func keep(_ run: RunFolder, as task: Digest, source: String?) throws {
        let target = self.task(task)
        try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
        for name in [
            "updates", "models", "model.safetensors", "metrics.csv", "summary.json", "report.html", "events.jsonl",
        ] {
            // A run that keeps no updates has no folder for them.
            let file = run.url.appendingPathComponent(name)
            guard FileManager.default.fileExists(atPath: file.path) else { continue }
            try FileManager.default.moveItem(at: file, to: target.appendingPathComponent(name))
        }
        if let source {
            try Data(source.utf8).write(to: target.appendingPathComponent("source.yaml"))
        } else {
            try FileManager.default.copyItem(at: run.scenario, to: target.appendingPathComponent("scenario.yaml"))
        }
        try Manifest.write(task: "tasks/\(task.hex)", in: folder, signer: Self.signer())
    }
}

/// Writes the coordinator's ledger.
private struct Writer {
    private let folder: RunFolder
    private let journal: Journal
    /// Participants so far.
    private(set) var registered = 0
    /// The checkpoint after each step.
    private var notes: [String] = []

    init(_ folder: RunFolder) throws {
        self.folder = folder
        let signer = try ForgedCoordinator.signer()
        journal = try Journal.create(
            store: SQLiteLedgerStore(path: folder.ledger.path, access: .create), signer: signer,
            genesis: Genesis(
                origin: signer.verifier.name, coordinatorKey: signer.verifier.publicKey, asset: "TRIB", cap: 1 << 50,
                rulesVersion: LedgerRules.version, grants: []),
            timeMs: 0)
    }

    var root: Digest { journal.root }

    mutating func write(_ timeMs: UInt64, _ body: EntryBody) throws {
        if case .participantRegistered = body { registered += 1 }
        try journal.appendForged(body, timeMs: timeMs)
        notes.append(try journal.signedHead(atSize: journal.count).encoded)
    }

    /// Closes the ledger, with a checkpoint that leaves out the last steps.
    func finish(unsigned: Int, isStored: Bool) throws -> [Entry] {
        if isStored { _ = try journal.checkpoint() }
        try folder.write(notes[notes.count - unsigned - 1], to: folder.checkpoint)
        let entries = try journal.entries(in: 0..<journal.count).map(\.entry)
        try journal.close()
        return entries
    }
}
