import Audit
import Federation
import Foundation
import Ledger
import Runs
import Simulation

/// A folder for one test's runs, removed with it.
final class RunRoom {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("simulation-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// A run and where it was written.
    struct Run {
        let folder: RunFolder
        let summary: RunSummary
    }

    /// Runs a scenario to its end.
    func run(_ text: String, threads: Int = 2) throws -> Run {
        let (simulator, folder) = try simulator(text, threads: threads)
        return Run(folder: folder, summary: try simulator.run())
    }

    /// Runs a federation to its end.
    func run(_ federation: PreparedFederation) throws -> Run {
        let (simulator, folder) = try simulator(federation)
        return Run(folder: folder, summary: try simulator.run())
    }

    /// A simulator that is ready to run; `isCancelled` is asked with the number of rounds over.
    func simulator(
        _ text: String, threads: Int = 2, isCancelled: @escaping (Int) -> Bool = { _ in false }
    ) throws -> (Simulator, RunFolder) {
        try simulator(
            PreparedFederation.load(text: text, folder: url.path), threads: threads, isCancelled: isCancelled)
    }

    private func simulator(
        _ federation: PreparedFederation, threads: Int = 2, isCancelled: @escaping (Int) -> Bool = { _ in false }
    ) throws -> (Simulator, RunFolder) {
        let folder = try RunFolder.create(
            in: url, name: federation.scenario.task.name, now: Date(timeIntervalSince1970: 1_770_000_000))
        var roundsOver = 0
        let observer = Simulator.Observer(
            roundEnded: { _ in roundsOver += 1 }, isCancelled: { isCancelled(roundsOver) })
        return (
            try Simulator(federation: federation, folder: folder, threads: threads, observer: observer), folder
        )
    }
}

extension RunFolder {
    /// The entries of the run's ledger, and what a replay with all signatures says of it.
    func replayed() throws -> (report: ReplayReport, entries: [Entry]) {
        var entries: [Entry] = []
        let opened = try RunLedger(self)
        let report = Replay.run(store: opened.store, verifySignatures: true, threads: 2) { entries.append($0.entry) }
        return (report, entries)
    }

    /// What an audit says of the run.
    func audited() throws -> AuditReport {
        try Auditor(folder: self, options: Auditor.Options(threads: 2)).run()
    }

    /// Rounds of which updates are on disk, ascending.
    var roundsOnDisk: [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: updates.path)) ?? []
        return names.compactMap { Int($0) }.sorted()
    }
}

extension RunSummary {
    /// Units paid to each participant, by label.
    var payByLabel: [String: UInt64] {
        Dictionary(participants.map { ($0.label, $0.paid) }, uniquingKeysWith: { first, _ in first })
    }

    /// Refusals of the whole run, by reason.
    var refusals: [String: Int] {
        rounds.reduce(into: [:]) { sums, round in sums.merge(round.refused, uniquingKeysWith: +) }
    }
}
