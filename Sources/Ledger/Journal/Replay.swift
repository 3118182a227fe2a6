internal import Attestation
internal import Tensors

/// Judges a stored log from its first entry on: bytes, leaf hashes, chain, rules, signatures, invariants and balances.
package enum Replay {
    /// Runs all entries of a store through the rules and names the first that is wrong.
    ///
    /// Decoding, hashing and signatures are shared among the threads; the rules run in order. Complexity: O(entries);
    /// memory: the state and `LedgerLimits.replayBatchCount` entries.
    ///
    /// - Parameters:
    ///   - verifySignatures: whether the participants' signatures are checked, at about 140 µs each.
    ///   - threads: at least 1; the report does not depend on it.
    package static func run(
        store: any LedgerStore, verifySignatures: Bool = true, threads: Int
    ) -> ReplayReport {
        run(store: store, verifySignatures: verifySignatures, threads: threads) { _ in }
    }

    /// The same, showing each right entry to `visit` in order.
    package static func run(
        store: any LedgerStore, verifySignatures: Bool, threads: Int, visit: (EncodedEntry) -> Void
    ) -> ReplayReport {
        var state = LedgerState()
        var tree = CompactMerkleTree()
        let count = store.count
        do throws(LedgerError) {
            while state.count < count {
                let end = min(count, state.count + UInt64(LedgerLimits.replayBatchCount))
                let stored = try store.entries(in: state.count..<end)
                guard UInt64(stored.count) == end - state.count else {
                    throw LedgerError(.storeCorrupt, "the store ends early", sequence: state.count + UInt64(stored.count))
                }
                let decoded = decode(stored, verifySignatures: verifySignatures, threads: threads)
                for result in decoded {
                    let entry = try result.get(at: state.count)
                    try LedgerRules.apply(entry, to: &state)
                    tree.append(leafHash: entry.leafHash)
                    visit(entry)
                }
            }
            try LedgerInvariants.check(state)
            try checkBalances(store, state)
        } catch {
            let fault = ReplayReport.Fault(sequence: error.sequence, error: error)
            return ReplayReport(state: state, root: tree.root, fault: fault)
        }
        return ReplayReport(state: state, root: tree.root, fault: nil)
    }

    /// Decodes and hashes a batch; what is wrong with an entry stays with it.
    private static func decode(
        _ stored: [StoredEntry], verifySignatures: Bool, threads: Int
    ) -> [Decoded] {
        [Decoded](unsafeUninitializedCapacity: stored.count) { buffer, initialized in
            // Each index is written once, by the one thread that has its range.
            nonisolated(unsafe) let decoded = buffer
            WorkSplit.forEachRange(of: stored.count, grain: 64, threads: threads) { range in
                for index in range {
                    (decoded.baseAddress.unsafelyUnwrapped + index).initialize(
                        to: Decoded(stored[index], verifySignature: verifySignatures))
                }
            }
            initialized = stored.count
        }
    }

    /// The balances beside the entries must be what the entries give.
    private static func checkBalances(_ store: any LedgerStore, _ state: LedgerState) throws(LedgerError) {
        let stored = try store.balances()
        let sorted = state.accounts.sorted.filter { $0.balance != AccountBalance() }
        for (row, account) in zip(stored, sorted)
        where row.account != account.name || row.balance != account.balance {
            throw LedgerError(
                .balancesMismatch, "the stored balance of \(row.account) is not what the entries give for \(account.name)")
        }
        guard stored.count == sorted.count else {
            throw LedgerError(
                .balancesMismatch, "\(stored.count) stored balances; the entries give \(sorted.count)")
        }
    }
}

/// An entry, or what is wrong with it apart from its place in the log.
private enum Decoded: Sendable {
    case right(EncodedEntry)
    case wrong(LedgerError)

    init(_ stored: StoredEntry, verifySignature: Bool) {
        do throws(LedgerError) {
            let entry = try EncodedEntry(decoding: stored.bytes)
            guard entry.leafHash == stored.leafHash else {
                throw LedgerError(
                    .leafMismatch, "the stored leaf hash is \(stored.leafHash), but the bytes hash to \(entry.leafHash)")
            }
            if verifySignature { try SignatureCheck.verify(entry.entry.body) }
            self = .right(entry)
        } catch {
            self = .wrong(error)
        }
    }

    func get(at sequence: UInt64) throws(LedgerError) -> EncodedEntry {
        switch self {
        case .right(let entry): return entry
        case .wrong(let error): throw error.at(sequence: sequence)
        }
    }
}
