/// An instruction to an `AccountBook`.
package struct AccountTransfer: Hashable, Sendable {
    /// How the amount moves.
    package enum Mode: Hashable, Sendable {
        /// At once.
        case single
        /// In two steps: reserved now, posted or voided later.
        case pending
        /// Moves all or part of what a pending transfer reserved; the rest is released.
        case post(EntryID)
        /// Releases what a pending transfer reserved.
        case void(EntryID)
    }

    /// The instruction's own id: given twice it is carried out once.
    package let id: EntryID
    package let mode: Mode
    /// The account that the amount leaves.
    package let debit: AccountName
    /// The account that it reaches.
    package let credit: AccountName
    /// Units: never zero; of a void the pending amount.
    package let amount: UInt64

    package init(id: EntryID, mode: Mode = .single, debit: AccountName, credit: AccountName, amount: UInt64) {
        self.id = id
        self.mode = mode
        self.debit = debit
        self.credit = credit
        self.amount = amount
    }
}
