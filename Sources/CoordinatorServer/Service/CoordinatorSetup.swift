internal import Attestation
internal import Coordination
package import Ledger

/// Makes a coordinator: folder, keys, certificate and ledger.
package enum CoordinatorSetup {
    /// What the ledger begins with.
    package struct Money: Sendable {
        /// The token's name.
        package var asset = "TRIB"
        /// Most units that may ever be issued.
        package var cap: UInt64 = 1_000_000_000 * TokenAmount.unitsPerToken
        /// Issued to sponsors at once.
        package var grants: [Genesis.Grant] = []

        package init() {}
    }

    /// Makes one in a folder that has none.
    ///
    /// - Throws: `CoordinatorServerError`, `LedgerError` or `CoordinationError`.
    package static func make(
        _ folder: CoordinatorFolder, _ plan: CoordinatorFolder.Plan, money: Money, nowMs: UInt64
    ) throws {
        let key = try folder.create(plan)
        let lock = try folder.takeLock()
        defer { withExtendedLifetime(lock) {} }
        let heads = try SignedHeadFile(folder: folder, key: key.publicKey)
        defer { withExtendedLifetime(heads) {} }
        let signer = try NoteSigner(name: plan.settings.origin, key: key)
        try Coordinator.create(
            store: SQLiteLedgerStore(path: folder.ledger, access: .create), signer: signer, heads: heads,
            genesis: Genesis(
                origin: plan.settings.origin, coordinatorKey: key.publicKey, asset: money.asset, cap: money.cap,
                rulesVersion: LedgerRules.version, grants: money.grants), nowMs: nowMs)
    }
}
