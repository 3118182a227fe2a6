import Attestation
import Audit
import Foundation
import Ledger
import Runs

/// A coordinator's folder with two tasks that ran at once, made of two simulated runs: their entries stand between each
/// other on one ledger, and the second run's participants registered while the first task was under way.
struct ForgedCoordinator {
    let folder: RunFolder
    /// Pays novel path scores, and has momentum; its data set is named by a scenario.
    let scored: Digest
    /// Pays samples; its data set is named by a source file.
    let paidBySamples: Digest
    /// The entries of the ledger.
    private(set) var entries: [Entry] = []

    private static let origin = "tributary.test/coordinator"

    /// A body with its time, as one of the runs has it.
    private struct Step {
        let timeMs: UInt64
        let body: EntryBody
        /// Which of the runs.
        let run: Int
    }

    static func signer() throws -> NoteSigner {
        try NoteSigner(name: origin, key: SigningKey(seed: SHA256.hash(Array("coordinator".utf8)).bytes))
    }

    /// Writes the folder.
    ///
    /// - Parameters:
    ///   - unsigned: entries at the ledger's end that its checkpoint does not cover.
    ///   - change: what to write instead of a body; what follows from the rules is left to them.
    init(
        in room: AuditRoom, unsigned: Int = 0, change: (EntryBody) throws -> EntryBody = { $0 }
    ) throws {
        let first = try room.run(AuditRoom.scenario())
        let second = try room.run(
            AuditRoom.scenario().replacing("name: audited", with: "name: counted").replacing("seed: 5", with: "seed: 6")
                .replacing("pool_per_round", with: "score: samples, pool_per_round"))
        folder = RunFolder(at: room.url.appendingPathComponent("coordinator"))
        try FileManager.default.createDirectory(at: folder.url, withIntermediateDirectories: true)
        let runs = [try ForgedRun(first).replayed(), try ForgedRun(second).replayed()]
        let steps = Self.interleaved(runs)
        let tasks = steps.compactMap { if case .taskOpened(let opened) = $0.body { opened.task } else { nil } }
        (scored, paidBySamples) = (tasks[0], tasks[1])
        let notes = try write(steps, change)
        let covered = notes.count - unsigned - 1
        try folder.write(notes[covered], to: folder.checkpoint)
        try keep(first, as: scored, source: nil)
        try keep(second, as: paidBySamples, source: "data: { source: digits, validation: 60, test: 60 }\n")
    }

    /// Where a task's files are.
    func task(_ task: Digest) -> URL { folder.url.appendingPathComponent("tasks/\(task.hex)") }

    /// What the runs' coordinators said, in the order of time; the second run starts in the middle of the first.
    private static func interleaved(_ runs: [[Entry]]) -> [Step] {
        let shiftMs = (runs[0][runs[0].count / 2].timeMs) - runs[0][0].timeMs
        var steps: [Step] = []
        for (run, entries) in runs.enumerated() {
            for entry in entries.dropFirst() {
                switch entry.body {
                case .transfer(let transfer) where transfer.kind != .deposit: continue
                case .epochSettled, .snapshot: continue
                case .roundOpened(let opened) where run == 1:
                    let later = RoundOpened(
                        task: opened.task, round: opened.round, baseModel: opened.baseModel,
                        deadlineMs: opened.deadlineMs + shiftMs, cohort: opened.cohort)
                    steps.append(Step(timeMs: entry.timeMs + shiftMs, body: .roundOpened(later), run: run))
                default:
                    steps.append(Step(timeMs: entry.timeMs + (run == 1 ? shiftMs : 0), body: entry.body, run: run))
                }
            }
        }
        return steps.enumerated().sorted { ($0.element.timeMs, $0.offset) < ($1.element.timeMs, $1.offset) }
            .map(\.element)
    }

    /// Writes the ledger.
    ///
    /// - Returns: the checkpoint after each step.
    private mutating func write(_ steps: [Step], _ change: (EntryBody) throws -> EntryBody) throws -> [String] {
        let signer = try Self.signer()
        let journal = try Journal.create(
            store: SQLiteLedgerStore(path: folder.ledger.path, access: .create), signer: signer,
            genesis: Genesis(
                origin: Self.origin, coordinatorKey: signer.verifier.publicKey, asset: "TRIB", cap: 1 << 50,
                rulesVersion: LedgerRules.version, grants: []),
            timeMs: steps[0].timeMs)
        var numbers: [[ParticipantNumber]] = [[], []]
        var registered: ParticipantNumber = 0
        var notes: [String] = []
        for step in steps {
            let map = numbers[step.run]
            var body = step.body
            switch step.body {
            case .participantRegistered:
                numbers[step.run].append(registered)
                registered += 1
            case .roundOpened(let opened):
                body = .roundOpened(
                    RoundOpened(
                        task: opened.task, round: opened.round, baseModel: opened.baseModel,
                        deadlineMs: opened.deadlineMs, cohort: opened.cohort.map { map[Int($0)] }))
            case .scores(let scores):
                body = .scores(
                    RoundScores(
                        task: scores.task, round: scores.round,
                        scores: scores.scores.map {
                            ContributionScore(
                                participant: map[Int($0.participant)], full: $0.full, novel: $0.novel,
                                samples: $0.samples)
                        }))
            case .taskClosed(let closed):
                try journal.append(LedgerRules.closing(closed.task, journal.state), timeMs: step.timeMs)
            default: break
            }
            try journal.append([change(body)], timeMs: step.timeMs)
            try journal.appendDue(timeMs: step.timeMs)
            notes.append(try journal.checkpoint().encoded)
        }
        entries = try journal.entries(in: 0..<journal.count).map(\.entry)
        try journal.close()
        return notes
    }

    /// Moves a run's blobs to where a coordinator keeps them.
    private func keep(_ run: RunFolder, as task: Digest, source: String?) throws {
        let target = self.task(task)
        try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
        for name in ["updates", "models"] {
            try FileManager.default.moveItem(
                at: run.url.appendingPathComponent(name), to: target.appendingPathComponent(name))
        }
        if let source {
            try Data(source.utf8).write(to: target.appendingPathComponent("source.yaml"))
        } else {
            try FileManager.default.copyItem(at: run.scenario, to: target.appendingPathComponent("scenario.yaml"))
        }
    }
}
