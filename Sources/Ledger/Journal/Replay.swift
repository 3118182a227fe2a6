internal import Attestation
internal import Tensors

/// Judges a stored log from its first entry on: bytes, leaf hashes, chain, rules, signatures, invariants and balances.
package enum Replay {
    /// Runs all entries of a store through the rules and names the first that is wrong.
    ///
    /// The rules run in order; meanwhile the other threads read, decode, hash and check signatures ahead of them.
    /// Complexity: O(entries); memory: the state and three times `LedgerLimits.replayBatchCount` entries.
    ///
    /// - Parameters:
    ///   - verifySignatures: whether the participants' signatures are checked, at about 140 µs each.
    ///   - threads: at least 1; the report does not depend on it.
    package static func run(
        store: any LedgerStore,
        verifySignatures: Bool = true,
        threads: Int
    ) -> ReplayReport {
        run(store: store, verifySignatures: verifySignatures, threads: threads, visit: nil)
    }

    /// The same, showing each right entry to `visit` in order.
    package static func run(
        store: any LedgerStore,
        verifySignatures: Bool,
        threads: Int,
        visit: ((EncodedEntry) -> Void)?
    ) -> ReplayReport {
        var pipeline = ReplayPipeline(
            store: store, verifySignatures: verifySignatures, keepsApplied: visit != nil)
        do throws(LedgerError) {
            while !pipeline.isDone {
                pipeline.advance(threads: threads)
                if let visit { pipeline.applied.forEach(visit) }
                if let fault = pipeline.fault { throw fault }
            }
            try LedgerInvariants.check(pipeline.state)
            try checkBalances(store, pipeline.state)
        } catch {
            let fault = ReplayReport.Fault(sequence: error.sequence, error: error)
            return ReplayReport(state: pipeline.state, root: pipeline.tree.root, fault: fault)
        }
        return ReplayReport(state: pipeline.state, root: pipeline.tree.root, fault: nil)
    }

    /// The balances beside the entries must be what the entries give.
    private static func checkBalances(_ store: any LedgerStore, _ state: LedgerState) throws(LedgerError) {
        let stored = try store.balances()
        let sorted = state.accounts.sorted.filter { $0.balance != AccountBalance() }
        for (row, account) in zip(stored, sorted)
        where row.account != account.name || row.balance != account.balance {
            throw LedgerError(
                .balancesMismatch,
                "the stored balance of \(row.account) is not what the entries give for \(account.name)"
            )
        }
        guard stored.count == sorted.count else {
            throw LedgerError(
                .balancesMismatch,
                "\(stored.count) stored balances; the entries give \(sorted.count)"
            )
        }
    }
}
