import Attestation
import Foundation
import Ledger
import Testing

/// Measures what the ledger does in a second: `TRIBUTARY_MEASURE=1 swift test -c release --filter LedgerThroughput`.
@Suite(
    "How fast the ledger is",
    .serialized,
    .enabled(if: ProcessInfo.processInfo.environment["TRIBUTARY_MEASURE"] == "1", "set TRIBUTARY_MEASURE=1")
)
struct LedgerThroughputTests {
    private func folder() throws -> URL {
        let parent =
            ProcessInfo.processInfo.environment["TRIBUTARY_MEASURE_FOLDER"].map { URL(fileURLWithPath: $0) }
            ?? FileManager.default.temporaryDirectory
        let url = parent.appendingPathComponent("ledger-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        return url
    }

    /// Deposits of one unit: the plainest transfers.
    private func deposits(_ count: Int, _ task: Digest, from first: Int) throws -> [EntryBody] {
        let sponsor = try LedgerFixture.sponsor()
        return (first..<first + count).map {
            .transfer(
                Transfer(
                    kind: .deposit,
                    debit: sponsor,
                    credit: .escrow(task),
                    amount: 1,
                    task: task,
                    period: UInt32($0)
                )
            )
        }
    }

    private func seconds(_ body: () throws -> Void) rethrows -> Double {
        let duration = try ContinuousClock().measure(body)
        return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }

    @Test("Durable appends a second and replayed entries a second")
    func measure() throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("ledger.sqlite").path
        let journal = try Journal.create(
            store: SQLiteLedgerStore(path: path, access: .create),
            signer: LedgerFixture.signer(),
            genesis: LedgerFixture.genesis(),
            timeMs: 1
        )
        let task = LedgerFixture.task("task", LedgerFixture.terms(sponsor: try LedgerFixture.sponsor()))
        try journal.append([.taskOpened(task)], timeMs: 2)
        try journal.appendDue(timeMs: 2)
        var written = 1
        for (batch, repeats) in [(1, 500), (100, 100), (1_000, 50), (8_190, 20)] {
            let bodies = try (0..<repeats).map { try deposits(batch, task.task, from: written + $0 * batch) }
            let time = try seconds { for batch in bodies { try journal.append(batch, timeMs: 3) } }
            written += batch * repeats
            print("durable appends, batches of \(batch): \(Int(Double(batch * repeats) / time)) entries/s")
        }
        let proofs = try seconds {
            for index in 0..<10_000 { _ = try journal.inclusionProof(sequence: UInt64(index * 17) % journal.count) }
        }
        print("inclusion proofs: \(proofs / 10_000 * 1e6) microseconds each")
        try journal.close()
        let store = try SQLiteLedgerStore(path: path, access: .readOnly)
        for threads in [1, 2] {
            let time = seconds { #expect(Replay.run(store: store, threads: threads).fault == nil) }
            print("replay, \(threads) threads: \(Int(Double(store.count) / time)) entries/s of \(store.count)")
        }
    }
}
