/// What has moved through an account, in units of 10^-6 token. Nothing is ever subtracted from the posted sums.
package struct AccountBalance: Hashable, Sendable {
    /// Reserved by pending transfers out of the account.
    package internal(set) var debitsPending: UInt64 = 0
    /// Gone out.
    package internal(set) var debitsPosted: UInt64 = 0
    /// Announced by pending transfers into the account; not spendable.
    package internal(set) var creditsPending: UInt64 = 0
    /// Come in.
    package internal(set) var creditsPosted: UInt64 = 0

    package init(
        debitsPending: UInt64 = 0,
        debitsPosted: UInt64 = 0,
        creditsPending: UInt64 = 0,
        creditsPosted: UInt64 = 0
    ) {
        self.debitsPending = debitsPending
        self.debitsPosted = debitsPosted
        self.creditsPending = creditsPending
        self.creditsPosted = creditsPosted
    }

    /// Come in less gone out; below zero for issuance only.
    package var posted: Int128 { Int128(creditsPosted) - Int128(debitsPosted) }

    /// What may still go out: come in, less gone out, less reserved. Zero for issuance.
    package var available: UInt64 {
        let left = posted - Int128(debitsPending)
        return left > 0 ? UInt64(clamping: left) : 0
    }
}
