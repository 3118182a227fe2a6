import Ledger

/// A store that fails at one append, before or after it committed, and keeps what was committed for the next process.
final class StoppingStore: LedgerStore {
    private let disk: InMemoryLedgerStore
    /// Appends until the one that fails; nil: none does.
    private var appendsLeft: Int?
    private let commits: Bool
    private(set) var appendCount = 0

    init(_ disk: InMemoryLedgerStore, stopAt append: Int? = nil, commits: Bool = true) {
        self.disk = disk
        appendsLeft = append
        self.commits = commits
    }

    var count: UInt64 { disk.count }

    func append(_ entries: [EncodedEntry], balances: [StoredBalance]) throws(LedgerError) {
        appendCount += 1
        if let left = appendsLeft {
            appendsLeft = left - 1
            if left <= 0 {
                if left == 0, commits { try disk.append(entries, balances: balances) }
                throw LedgerError(.storeFailed, "the disk failed")
            }
        }
        try disk.append(entries, balances: balances)
    }

    func entries(in range: Range<UInt64>) throws(LedgerError) -> [StoredEntry] { try disk.entries(in: range) }
    func balances() throws(LedgerError) -> [StoredBalance] { try disk.balances() }
    func appendCheckpoint(_ note: [UInt8], size: UInt64) throws(LedgerError) {
        try disk.appendCheckpoint(note, size: size)
    }
    func lastCheckpoint() throws(LedgerError) -> [UInt8]? { try disk.lastCheckpoint() }
    func close() throws(LedgerError) {}
}
