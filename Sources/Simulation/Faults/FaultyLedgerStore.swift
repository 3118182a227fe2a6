import Ledger

/// A ledger store for one life of a coordinator, over a disk that fails and a process that may end at any moment.
final class FaultyLedgerStore: LedgerStore {
    private let disk: LedgerDisk
    private let life: ProcessLife
    private let faults: FaultSource

    init(disk: LedgerDisk, life: ProcessLife, faults: FaultSource) {
        self.disk = disk
        self.life = life
        self.faults = faults
    }

    var count: UInt64 { UInt64(disk.entries.count) }

    func append(_ entries: [EncodedEntry], balances: [StoredBalance]) throws(LedgerError) {
        guard entries.first.map({ $0.entry.sequence == count }) ?? true else {
            throw LedgerError(.storeFailed, "an append that does not start at entry \(count)")
        }
        if faults.crashPoint(life) { throw Self.ended }
        if faults.strikes(faults.rates.appendFailure) { throw injected("nothing was written") }
        disk.commit(entries, balances: balances)
        if faults.crashPoint(life) { throw Self.ended }
        if faults.strikes(faults.rates.appendFailureAfterCommit) { throw injected("all was written") }
    }

    func entries(in range: Range<UInt64>) throws(LedgerError) -> [StoredEntry] {
        let end = min(range.upperBound, count)
        guard range.lowerBound < end else { return [] }
        return Array(disk.entries[Int(range.lowerBound)..<Int(end)])
    }

    func balances() throws(LedgerError) -> [StoredBalance] { disk.sortedBalances }

    func appendCheckpoint(_ note: [UInt8], size: UInt64) throws(LedgerError) {
        if faults.crashPoint(life) { throw Self.ended }
        if faults.strikes(faults.rates.checkpointFailure) { throw injected("the checkpoint was not written") }
        disk.keep(checkpoint: note, size: size)
        if faults.crashPoint(life) { throw Self.ended }
        if faults.strikes(faults.rates.checkpointFailure) { throw injected("the checkpoint was written") }
    }

    func lastCheckpoint() throws(LedgerError) -> [UInt8]? { disk.checkpoint?.note }

    func close() throws(LedgerError) {
        if faults.crashPoint(life) { throw Self.ended }
    }

    private func injected(_ detail: String) -> LedgerError {
        faults.tally.failedWrites += 1
        life.hadFault = true
        return LedgerError(.storeFailed, "an injected I/O error: \(detail)")
    }

    private static let ended = LedgerError(.storeFailed, "the process has ended")
}
