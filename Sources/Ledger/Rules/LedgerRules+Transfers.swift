internal import Attestation

extension LedgerRules {
    static func apply(_ transfer: Transfer, to state: inout LedgerState) throws(LedgerError) {
        let isDue = state.hasDue
        if !isDue { try checkDeposit(transfer, state) }
        switch state.accounts.move(debit: transfer.debit, credit: transfer.credit, amount: transfer.amount) {
        case .created: break
        case .exceedsCredits:
            throw LedgerError(
                .exceedsCredits,
                """
                \(transfer.debit) has \(state.accounts.balance(of: transfer.debit).available) units, less than the \
                \(transfer.amount) of the \(transfer.kind)
                """
            )
        case .overflow:
            throw LedgerError(.amountOverflow, "a \(transfer.kind) of \(transfer.amount) passes 64 bits of a sum")
        default:
            throw LedgerError(.wrongAccounts, "a \(transfer.kind) from \(transfer.debit) to \(transfer.credit)")
        }
        if isDue { state.dequeue() }
        if let task = transfer.task { state.tasks[task]?.record(transfer) }
    }

    /// Deposits are the one transfer that the rules do not derive.
    private static func checkDeposit(_ transfer: Transfer, _ state: LedgerState) throws(LedgerError) {
        guard transfer.kind == .deposit else {
            throw LedgerError(.notDue, "a \(transfer.kind) of \(transfer.amount) that is not due")
        }
        guard let id = transfer.task else {
            throw LedgerError(.unknownTask, "a deposit for no task")
        }
        let task = try openTask(id, state)
        guard let sponsor = task.opening.sponsor, transfer.debit == sponsor, transfer.credit == task.escrow
        else {
            throw LedgerError(
                .wrongAccounts,
                "a deposit from \(transfer.debit) to \(transfer.credit); the task's sponsor pays into its escrow"
            )
        }
    }
}

extension TaskState {
    /// Counts a transfer that was carried out. The sums are those of accounts, which are checked.
    mutating func record(_ transfer: Transfer) {
        switch transfer.kind {
        case .grant: break
        case .deposit: flows.deposited += transfer.amount
        case .emission, .funding: flows.pooled += transfer.amount
        case .reward: flows.rewarded += transfer.amount
        case .refund where transfer.debit == escrow: flows.escrowReturned += transfer.amount
        case .refund, .burn: flows.poolReturned += transfer.amount
        }
    }
}
