import Attestation
import Ledger
import Testing

/// A store to try, made anew for each test.
enum StoreKind: CaseIterable, Sendable {
    case inMemory, sqlite

    func make(_ folder: LedgerFolder) throws -> any LedgerStore {
        switch self {
        case .inMemory: InMemoryLedgerStore()
        case .sqlite: try SQLiteLedgerStore(path: folder.path(), access: .create)
        }
    }
}

@Suite("What every ledger store does")
struct LedgerStoreConformanceTests {
    @Test("A new store is empty", arguments: StoreKind.allCases)
    func empty(_ kind: StoreKind) throws {
        let folder = try LedgerFolder()
        let store = try kind.make(folder)
        #expect(store.count == 0)
        #expect(try store.entries(in: 0..<10).isEmpty)
        #expect(try store.balances().isEmpty)
        #expect(try store.lastCheckpoint() == nil)
        try store.close()
        try store.close()
    }

    @Test(
        "Batches of any size read back as the exact bytes and leaf hashes, in any range",
        arguments: StoreKind.allCases
    )
    func entries(_ kind: StoreKind) throws {
        let folder = try LedgerFolder()
        let store = try kind.make(folder)
        let entries = try HistoryWriter.everything().entries
        var written = 0
        for size in [1, 2, 0, 7, entries.count] {
            let end = min(entries.count, written + size)
            try store.append(Array(entries[written..<end]), balances: [])
            written = end
            #expect(store.count == UInt64(written))
        }
        let stored = entries.map { StoredEntry(bytes: $0.bytes, leafHash: $0.leafHash) }
        for range in [0..<UInt64(entries.count), 0..<1, 3..<9, 5..<5, 10..<1_000, 1_000..<2_000, 0..<UInt64.max] {
            let lower = min(Int(clamping: range.lowerBound), stored.count)
            let upper = min(Int(clamping: range.upperBound), stored.count)
            #expect(try store.entries(in: range) == Array(stored[lower..<upper]))
        }
    }

    @Test("An append that leaves a gap or goes back is refused and changes nothing", arguments: StoreKind.allCases)
    func gaps(_ kind: StoreKind) throws {
        let folder = try LedgerFolder()
        let store = try kind.make(folder)
        let entries = try HistoryWriter.everything().entries
        try store.append(Array(entries[0..<3]), balances: [])
        for wrong in [entries[4...5], entries[2...3], entries[0...0]] {
            #expect(throws: LedgerError(.storeFailed, "")) { try store.append(Array(wrong), balances: []) }
        }
        #expect(store.count == 3)
        #expect(try store.entries(in: 0..<10).count == 3)
    }

    @Test(
        "Balances are replaced by account and read in order of name, sums past 63 bits included",
        arguments: StoreKind.allCases
    )
    func balances(_ kind: StoreKind) throws {
        let folder = try LedgerFolder()
        let store = try kind.make(folder)
        let (a, b) = (try AccountName("sponsor/a"), try AccountName("sponsor/b"))
        func row(_ name: AccountName, _ sum: UInt64) -> StoredBalance {
            StoredBalance(account: name, balance: AccountBalance(debitsPending: 1, creditsPosted: sum))
        }
        try store.append([], balances: [row(b, 5), row(a, 6)])
        try store.append([], balances: [row(b, .max)])
        #expect(try store.balances() == [row(a, 6), row(b, .max)])
    }

    @Test("The checkpoint of the largest size is given back as its exact bytes", arguments: StoreKind.allCases)
    func checkpoints(_ kind: StoreKind) throws {
        let folder = try LedgerFolder()
        let store = try kind.make(folder)
        try store.appendCheckpoint([1, 0, 255], size: 3)
        try store.appendCheckpoint([2], size: 9)
        try store.appendCheckpoint([3], size: 4)
        #expect(try store.lastCheckpoint() == [2])
        try store.appendCheckpoint([4], size: 9)
        #expect(try store.lastCheckpoint() == [4])
    }
}
