package import Attestation

/// Moves an amount from one account to another.
package struct Transfer: Hashable, Sendable {
    /// Why tokens move, which fixes the kinds of account that they move between.
    package enum Kind: Sendable, CaseIterable {
        /// Issuance to a sponsor, right after genesis.
        case grant
        /// A sponsor to a task's escrow.
        case deposit
        /// Issuance to a task's pool.
        case emission
        /// A task's escrow to its pool.
        case funding
        /// A task's pool to a participant.
        case reward
        /// A task's escrow or pool to its sponsor, at the close.
        case refund
        /// A task's pool to issuance, at the close.
        case burn
    }

    package let kind: Kind
    /// The account that the amount leaves.
    package let debit: AccountName
    /// The account that it reaches.
    package let credit: AccountName
    /// Units of 10^-6 token, never zero.
    package let amount: UInt64
    /// The task it is for; nil for grants.
    package let task: Digest?
    /// The depositor's own number for a deposit: two equal deposits need two numbers, or the second is taken for the
    /// first proposed again; the deposit at a task's opening has 0. In version 1 also the round of an emission or
    /// funding and the epoch of a reward. Else 0.
    package let period: UInt32

    package init(
        kind: Kind,
        debit: AccountName,
        credit: AccountName,
        amount: UInt64,
        task: Digest?,
        period: UInt32
    ) {
        self.kind = kind
        self.debit = debit
        self.credit = credit
        self.amount = amount
        self.task = task
        self.period = period
    }
}
