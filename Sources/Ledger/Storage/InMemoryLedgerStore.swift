/// A store that forgets everything with the process: for simulation and tests.
package final class InMemoryLedgerStore: LedgerStore {
    private var stored: [StoredEntry] = []
    private var balancesByAccount: [AccountName: AccountBalance] = [:]
    private var checkpoint: (size: UInt64, note: [UInt8])?

    package init() {}

    /// A store with those entries: for tests of damaged logs.
    package init(entries: [StoredEntry], balances: [StoredBalance] = []) {
        stored = entries
        for balance in balances { balancesByAccount[balance.account] = balance.balance }
    }

    package var count: UInt64 { UInt64(stored.count) }

    package func append(_ entries: [EncodedEntry], balances: [StoredBalance]) throws(LedgerError) {
        guard entries.first.map({ $0.entry.sequence == count }) ?? true else {
            throw LedgerError(.storeFailed, "an append that does not start at entry \(count)")
        }
        stored += entries.map { StoredEntry(bytes: $0.bytes, leafHash: $0.leafHash) }
        for balance in balances { balancesByAccount[balance.account] = balance.balance }
    }

    package func entries(in range: Range<UInt64>) throws(LedgerError) -> [StoredEntry] {
        let end = min(range.upperBound, count)
        guard range.lowerBound < end else { return [] }
        return Array(stored[Int(range.lowerBound)..<Int(end)])
    }

    package func balances() throws(LedgerError) -> [StoredBalance] {
        balancesByAccount.map { StoredBalance(account: $0, balance: $1) }.sorted { $0.account < $1.account }
    }

    package func appendCheckpoint(_ note: [UInt8], size: UInt64) throws(LedgerError) {
        if size >= checkpoint?.size ?? 0 { checkpoint = (size, note) }
    }

    package func lastCheckpoint() throws(LedgerError) -> [UInt8]? { checkpoint?.note }

    package func close() throws(LedgerError) {}
}
