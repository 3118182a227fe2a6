import Attestation
import Foundation
import Ledger
import Rewards

/// Durable appends in batches, and replay of what they wrote.
struct LedgerBenchmark {
    let entryCount: Int
    let threads: Int

    func run() throws -> [Figure] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "tributary-bench-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var figures: [Figure] = []
        for batch in [1, 1_000, 8_190] {
            let count = batch == 1 ? 2_000 : entryCount
            let path = folder.appendingPathComponent("\(batch).sqlite").path
            let seconds = try append(count, batch: batch, path: path)
            let name = batch == 1 ? "durable_per_s_single" : "durable_per_s_\(batch)"
            figures.append(
                Figure(name, Double(count) / seconds, "entries/s", "durable appends, \(batch) a commit"))
        }
        let path = folder.appendingPathComponent("8190.sqlite").path
        for count in Set([1, threads]).sorted() {
            let store = try SQLiteLedgerStore(path: path, access: .readOnly)
            let seconds = Stopwatch.median(runs: 3) {
                let report = Replay.run(store: store, verifySignatures: false, threads: count)
                precondition(report.fault == nil && report.count == store.count, "the log that was written replays")
            }
            let name = count == 1 ? "replay_per_s_1_thread" : "replay_per_s"
            figures.append(
                Figure(name, Double(store.count) / seconds, "entries/s", "replay under all rules, \(count) threads"))
            try store.close()
        }
        return figures
    }

    /// Writes a log of registrations and deposits; seconds of the appends alone.
    private func append(_ count: Int, batch: Int, path: String) throws -> Double {
        let key = try SigningKey(seed: SHA256.hash(Array("benchmark".utf8)).bytes)
        let origin = "tributary.bench/ledger"
        let sponsor = try AccountName("sponsor/bench")
        let task = Array("name: bench\n".utf8)
        let taskID = SHA256.hash(task)
        let journal = try Journal.create(
            store: SQLiteLedgerStore(path: path, access: .create), signer: NoteSigner(name: origin, key: key),
            genesis: Genesis(
                origin: origin, coordinatorKey: key.publicKey, asset: "TRIB", cap: 1 << 60,
                rulesVersion: LedgerRules.version, grants: [Genesis.Grant(account: sponsor, amount: 1 << 50)]),
            timeMs: 0)
        try journal.append(
            [
                .taskOpened(
                    TaskOpened(
                        task: taskID, configuration: task, initialModel: nil, parameterCount: 1,
                        gridFractionBits: 24, validationRoot: taskID, reward: nil, terms: terms(sponsor), quorum: 1))
            ], timeMs: 0)
        try journal.appendDue(timeMs: 0)
        let start = ContinuousClock.now
        var written = 0
        while written < count {
            let bodies = (written..<min(count, written + batch)).map { number in
                EntryBody.transfer(
                    Transfer(
                        kind: .deposit, debit: sponsor, credit: .escrow(taskID), amount: UInt64(1 + number),
                        task: taskID, period: 0))
            }
            try journal.append(bodies, timeMs: UInt64(written))
            written += bodies.count
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        _ = try journal.checkpoint()
        try journal.close()
        return seconds
    }

    /// A task that takes deposits; no round of it is ever opened.
    private func terms(_ sponsor: AccountName) -> TaskTerms {
        TaskTerms(
            trust: .known, score: .value, weighting: .units, disclosure: .live, paidRounds: .all, roundCount: 1,
            pool: 1, targetDrop: 1, sponsor: sponsor, samplesCap: 0, normBoundSquared: 1, boundFactor: .standard,
            history: LedgerLimits.history, closeByMs: .max, secretCommitment: .zero, acceptsUnprovedPay: false)
    }
}
