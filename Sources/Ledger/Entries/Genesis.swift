package import Attestation

/// Entry 0: the log's name, its key, its token and its rules.
package struct Genesis: Hashable, Sendable {
    /// Tokens issued to a sponsor right after the genesis entry.
    package struct Grant: Hashable, Sendable {
        /// The sponsor's account.
        package let account: AccountName
        /// Units of 10^-6 token, never zero.
        package let amount: UInt64

        package init(account: AccountName, amount: UInt64) {
            self.account = account
            self.amount = amount
        }
    }

    /// The log's name in its checkpoints.
    package let origin: String
    /// The key that signs the checkpoints.
    package let coordinatorKey: PublicKey
    /// The token's name, such as `TRIB`.
    package let asset: String
    /// Most units that may ever be in circulation.
    package let cap: UInt64
    /// The version of the rules that judge this log: 2, or 1 in older logs.
    package let rulesVersion: UInt32
    /// Issued at once, in this order.
    package let grants: [Grant]

    package init(
        origin: String,
        coordinatorKey: PublicKey,
        asset: String,
        cap: UInt64,
        rulesVersion: UInt32 = LedgerRules.version,
        grants: [Grant] = []
    ) {
        self.origin = origin
        self.coordinatorKey = coordinatorKey
        self.asset = asset
        self.cap = cap
        self.rulesVersion = rulesVersion
        self.grants = grants
    }
}
