package import Attestation
package import Ledger

/// The proof that a task's pool is there: the entry that set it aside, in a log that the pinned key has signed.
package struct TaskFunding: Equatable, Sendable {
    /// The entry's place in the log.
    package let sequence: UInt64
    /// Units of 10^-6 token that it moved into the task's escrow or pool account.
    package let amount: UInt64

    /// Checks the receipt that a work order carries.
    ///
    /// - Parameters:
    ///   - receipt: C2SP tlog-proof text.
    ///   - sequence: the entry that the order names.
    ///   - verifier: the log's key, from the join string.
    /// - Throws: `LedgerError` with what is wrong: `receiptRefused` where the entry does not fund this task.
    package init(
        receipt: [UInt8], sequence: UInt64, task: Digest, verifier: NoteVerifier
    ) throws(LedgerError) {
        let entry = try Receipt(decoding: receipt).verified(by: verifier).entry.entry
        guard entry.sequence == sequence else {
            throw LedgerError(.receiptRefused, "it is for entry \(entry.sequence), the order names \(sequence)")
        }
        guard case .transfer(let transfer) = entry.body else {
            throw LedgerError(.receiptRefused, "entry \(sequence) moves no tokens")
        }
        let isEscrow = transfer.kind == .deposit && transfer.credit == .escrow(task)
        let isPool = transfer.kind == .emission && transfer.credit == .pool(task)
        guard transfer.task == task, isEscrow || isPool else {
            throw LedgerError(
                .receiptRefused, "entry \(sequence) pays into \(transfer.credit), not into this task's escrow or pool")
        }
        self.sequence = sequence
        amount = transfer.amount
    }
}
