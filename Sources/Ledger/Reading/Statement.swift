package import Attestation

/// An account's transfers with the balance after each: a bank statement.
package struct Statement: Hashable, Sendable {
    /// One transfer.
    package struct Line: Hashable, Sendable {
        /// The entry that made it.
        package let sequence: UInt64
        /// Milliseconds since the Unix epoch.
        package let timeMs: UInt64
        package let kind: Transfer.Kind
        /// The account on the other side.
        package let counterpart: AccountName
        /// What came in (above zero) or went out (below zero), in units.
        package let change: Int64
        /// The balance afterwards, in units; below zero for issuance.
        package let balance: Int64
        /// The task it was for, if any.
        package let task: Digest?
        /// Round of an emission or funding, epoch of a reward, number of a deposit; else 0.
        package let period: UInt32
    }

    package let account: AccountName
    /// In the order of the log.
    package let lines: [Line]
    /// The account's sums at the end.
    package let balance: AccountBalance

    /// The statement over the last entries that moved something through the account.
    ///
    /// - Parameters:
    ///   - balance: the account's sums after the last of them.
    ///   - lastEntries: in the order of the log; entries of other accounts are left out.
    package init(account: AccountName, balance: AccountBalance, lastEntries: some Collection<Entry>) {
        self.account = account
        self.balance = balance
        let moves = lastEntries.compactMap { Move($0, account) }
        // What was there before the first line: the end less what moved. All within the cap, which fits 64 bits.
        var running = Int64(clamping: balance.posted - moves.reduce(Int128(0)) { $0 + Int128($1.change) })
        lines = moves.map { move in
            running += move.change
            return Line(
                sequence: move.entry.sequence,
                timeMs: move.entry.timeMs,
                kind: move.transfer.kind,
                counterpart: move.change < 0 ? move.transfer.credit : move.transfer.debit,
                change: move.change,
                balance: running,
                task: move.transfer.task,
                period: move.transfer.period
            )
        }
    }

    /// A transfer seen from one of its accounts.
    private struct Move {
        let entry: Entry
        let transfer: Transfer
        let change: Int64

        init?(_ entry: Entry, _ account: AccountName) {
            guard case .transfer(let transfer) = entry.body else { return nil }
            self.entry = entry
            self.transfer = transfer
            switch account {
            case transfer.credit: change = Int64(clamping: transfer.amount)
            case transfer.debit: change = -Int64(clamping: transfer.amount)
            default: return nil
            }
        }
    }
}
