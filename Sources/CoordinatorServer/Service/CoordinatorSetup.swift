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

    /// What was done.
    package enum Outcome: Sendable {
        /// A coordinator was made.
        case made
        /// Key and ledger were there; what was missing beside them was written.
        case takenUp
    }

    /// Makes a coordinator in a folder that has none, or completes one.
    ///
    /// What an interrupted or refused call left behind is cleared: nothing was signed with it. A restored key and
    /// ledger are taken up: the settings are written anew, with the ledger's own name, and a certificate where there is
    /// none.
    ///
    /// - Throws: `CoordinatorServerError`: `exists` where a coordinator is whole, `staleLedger` where a ledger was
    ///   signed and is not there, `badKey`, `badSettings`, `badCertificate`, `locked`, `fileSystem` or `diskFull`;
    ///   `LedgerError` for money that the ledger's rules refuse; `CoordinationError`.
    @discardableResult
    package static func make(
        _ folder: CoordinatorFolder, _ plan: CoordinatorFolder.Plan, money: Money, nowMs: UInt64
    ) throws -> Outcome {
        let identity = try folder.prepare(plan)
        let signer = try NoteSigner(name: plan.settings.origin, key: identity.key)
        let genesis = Genesis(
            origin: plan.settings.origin, coordinatorKey: identity.key.publicKey, asset: money.asset, cap: money.cap,
            rulesVersion: LedgerRules.version, grants: money.grants)
        // What the rules refuse is found before anything is written.
        _ = try Journal.create(store: InMemoryLedgerStore(), signer: signer, genesis: genesis, timeMs: nowMs)
        let begun = try Self.genesis(in: folder)
        if begun != nil, folder.hasFile(folder.settings) { throw exists(folder) }
        guard begun != nil || !folder.hasFile(folder.settings) || folder.hasFile(folder.key) else {
            throw CoordinatorServerError(
                .exists, "\(folder.path) has a coordinator.yaml, but neither key nor ledger",
                hint: "restore coordinator.key and ledger.sqlite, or move coordinator.yaml away to begin anew")
        }
        try CoordinatorFolder.makeFolder(folder.path)
        try folder.keepPrivate()
        let lock = try folder.takeLock()
        defer { withExtendedLifetime(lock) {} }
        if let begun {
            guard money.grants.isEmpty else {
                throw CoordinatorServerError(
                    .exists, "the ledger in \(folder.path) has its grants already",
                    hint: "leave --grant out to take it up")
            }
            try takeUp(folder, plan, identity, begun)
            return .takenUp
        }
        try clear(folder)
        let heads = try SignedHeadFile(folder: folder, key: identity.key.publicKey)
        defer { withExtendedLifetime(heads) {} }
        try folder.write(certificateOf: identity)
        try folder.write(key: identity.key)
        try Coordinator.create(
            store: SQLiteLedgerStore(path: folder.ledger, access: .create), signer: signer, heads: heads,
            genesis: genesis, nowMs: nowMs)
        try folder.write(settings: plan.settings)
        return .made
    }

    /// The first entry of the folder's ledger; nil where there is no ledger, or one without entries.
    ///
    /// - Throws: `LedgerError` where there is a file that cannot be read as a ledger.
    private static func genesis(in folder: CoordinatorFolder) throws -> Genesis? {
        guard folder.hasFile(folder.ledger) else { return nil }
        if folder.hasEmptyLedger { return nil }
        let store: SQLiteLedgerStore
        do throws(LedgerError) {
            store = try SQLiteLedgerStore(path: folder.ledger, access: .readWrite)
        } catch {
            // A coordinator that runs has it open.
            if error.code == .storeBusy { throw exists(folder) }
            throw error
        }
        defer { try? store.close() }
        guard let first = try store.entries(in: 0..<1).first else { return nil }
        guard case .genesis(let genesis) = try EncodedEntry(decoding: first.bytes).entry.body else {
            throw LedgerError(.notGenesis, "the first entry of \(folder.ledger) is no genesis entry")
        }
        return genesis
    }

    /// Writes what is missing beside a key and its ledger.
    private static func takeUp(
        _ folder: CoordinatorFolder, _ plan: CoordinatorFolder.Plan, _ identity: CoordinatorFolder.Identity,
        _ genesis: Genesis
    ) throws {
        guard try folder.readKey().publicKey == genesis.coordinatorKey else {
            throw CoordinatorServerError(
                .badKey, "\(folder.key) is not the key of the ledger '\(genesis.origin)'",
                hint: "restore the key that belongs to this ledger")
        }
        let hasCertificate = folder.hasFile(folder.certificate) && folder.hasFile(folder.certificateKey)
        if plan.certificate != nil || !hasCertificate { try folder.write(certificateOf: identity) }
        var settings = plan.settings
        settings.origin = genesis.origin
        try folder.write(settings: settings)
    }

    /// Removes what a call that did not come to its end left behind, unless its key has signed a ledger.
    /// The key itself is kept under another name.
    private static func clear(_ folder: CoordinatorFolder) throws {
        if folder.hasFile(folder.key) {
            let heads = try SignedHeadFile(folder: folder, key: folder.readKey().publicKey)
            defer { heads.release() }
            if let head = try heads.known().first {
                throw CoordinatorServerError(
                    .staleLedger,
                    "the ledger of the coordinator in \(folder.path) is missing: \(head.place) was signed",
                    hint: "restore ledger.sqlite and ledger.sqlite-wal, or name another folder with --home")
            }
        }
        for path in folder.ledgerFiles + [folder.settings] { CoordinatorFolder.remove(path) }
        try folder.moveKeyAside()
    }

    private static func exists(_ folder: CoordinatorFolder) -> CoordinatorServerError {
        CoordinatorServerError(
            .exists, "there is a coordinator in \(folder.path)",
            hint: "start it with `tributary coordinator run --home \(folder.path)`, or name another folder with --home")
    }
}
