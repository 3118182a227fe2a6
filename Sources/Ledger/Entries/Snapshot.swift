package import Attestation

/// The balances at this place of the log in one digest.
package struct Snapshot: Hashable, Sendable {
    /// RFC 6962 root over the accounts in order of name (`BalancesTree`).
    package let balancesRoot: Digest
    /// Units in circulation: issued less burned.
    package let supply: UInt64
    /// Accounts in the tree.
    package let accounts: UInt32

    package init(balancesRoot: Digest, supply: UInt64, accounts: UInt32) {
        self.balancesRoot = balancesRoot
        self.supply = supply
        self.accounts = accounts
    }
}
