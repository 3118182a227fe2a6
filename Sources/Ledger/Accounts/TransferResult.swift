/// What an `AccountBook` did with an instruction. Only `created` changes anything.
package enum TransferResult: Sendable, CaseIterable {
    /// Carried out.
    case created
    /// The same instruction was carried out before.
    case exists
    /// Another instruction was carried out under the same id.
    case conflict
    /// An amount of zero.
    case zeroAmount
    /// From an account to itself.
    case sameAccount
    /// The debit account has less than the amount.
    case exceedsCredits
    /// A sum of the book would pass 64 bits.
    case overflow
    /// There is no transfer of the id that is to be posted or voided.
    case pendingNotFound
    /// The transfer that is to be posted or voided is not a pending one.
    case notPending
    /// The accounts are not those of the pending transfer.
    case pendingHasOtherAccounts
    /// More is posted than was reserved, or something else voided.
    case exceedsPendingAmount
    /// The pending transfer was posted before.
    case alreadyPosted
    /// The pending transfer was voided before.
    case alreadyVoided
}
