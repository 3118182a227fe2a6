internal import Attestation
internal import Coordination
internal import Ledger
internal import Logging
internal import Synchronization

/// Opens what a coordinator's folder holds, and says in words what is wrong with it.
struct Opening: Sendable {
    let folder: CoordinatorFolder
    let settings: CurrentSettings
    let loader: any TaskMaterialLoading
    let logger: Logger
    /// The ledger's time.
    let clock: ProcessClock
    /// That the machine's clock and the ledger's time have come apart was said.
    private let apart = Apart()

    private final class Apart: Sendable {
        let isTold = Mutex(false)
    }

    init(
        folder: CoordinatorFolder, settings: CurrentSettings, loader: any TaskMaterialLoading, clock: ProcessClock,
        logger: Logger
    ) {
        self.folder = folder
        self.settings = settings
        self.loader = loader
        self.clock = clock
        self.logger = logger
    }

    func vault(threads: Int) throws -> FolderVault {
        do {
            let settings = settings.current
            return try FolderVault(
                root: folder.tasks, retention: settings.retention, budget: settings.diskBudgetByteCount,
                threads: threads)
        } catch {
            throw CoordinatorServerError(
                .fileSystem, error.message, hint: "check the permissions of \(folder.tasks)")
        }
    }

    func host(
        signer: NoteSigner, heads: SignedHeadFile, vault: FolderVault, threads: Int, isClockSynchronised: Bool,
        noticed: @escaping @Sendable (CoordinatorNotice) -> Void, changed: @escaping @Sendable () -> Void,
        failed: @escaping @Sendable (CoordinationError) -> Void
    ) throws -> CoordinatorHost {
        let path = folder.ledger
        let (first, last) = firstAndLast()
        if let last { startClock(after: last, isSynchronised: isClockSynchronised) }
        do {
            return try CoordinatorHost(
                CoordinatorHost.Parts(
                    store: { try SQLiteLedgerStore(path: path, access: .readWrite) }, signer: signer, heads: heads,
                    vault: vault, threads: threads,
                    material: { [folder, loader] in try Self.material($0, folder, loader) },
                    nowMs: { [clock] in clock.nowMs },
                    followClock: { [self] last, isIdle in followClock(last, isIdle) },
                    wallAheadMs: { [clock] in clock.wallAheadMs },
                    isRegistrationOpen: { [settings] in settings.current.participation == .open },
                    noticed: noticed, changed: changed, failed: failed))
        } catch let error as LedgerError {
            throw ledgerRefused(error)
        } catch let error as CoordinationError where error.code == .staleLedger {
            throw ledgerRefused(error.message, code: .staleLedger, hint: error.hint)
        } catch let error as CoordinationError {
            throw ledgerRefused(error.message, hint: Self.isOfOldRules(first) ? Self.oldRulesHint : error.hint)
        }
    }

    /// Whether the ledger was begun under rules that take no more entries.
    private static func isOfOldRules(_ first: Entry?) -> Bool {
        guard case .genesis(let genesis) = first?.body else { return false }
        return genesis.rulesVersion < LedgerRules.version
    }

    private static let oldRulesHint = """
        make a coordinator in another folder with `tributary coordinator init --home FOLDER` and invite the participants \
        anew; `tributary ledger` and `tributary audit` still read this one
        """

    /// The ledger's first and last entry, as far as they can be read; nothing is checked yet.
    private func firstAndLast() -> (first: Entry?, last: Entry?) {
        guard let store = try? SQLiteLedgerStore(path: folder.ledger, access: .readWrite) else { return (nil, nil) }
        defer { try? store.close() }
        func entry(_ sequence: UInt64) -> Entry? {
            guard let stored = try? store.entries(in: sequence..<sequence + 1).first else { return nil }
            return try? EncodedEntry(decoding: stored.bytes).entry
        }
        guard store.count > 0 else { return (nil, nil) }
        return (entry(0), entry(store.count - 1))
    }

    /// Lets the ledger's time go on from its last entry where this machine's clock is behind that, and says which of
    /// the two is wrong as far as that can be known.
    private func startClock(after entry: Entry, isSynchronised: Bool) {
        let aheadMs = entry.timeMs - min(entry.timeMs, clock.nowMs)
        guard clock.follow(notBefore: entry.timeMs) != 0 else { return }
        let cause =
            isSynchronised
            ? """
            this machine's clock is synchronised, so the entry was written by a clock that ran ahead; there is nothing \
            to set
            """
            : "this machine's clock is not synchronised and seems to be behind: set it (timedatectl set-ntp true)"
        logger.warning(
            """
            the ledger's last entry is \(aheadMs / 1_000) s ahead of this machine's clock: \(cause). The ledger's time \
            goes on from that entry, and every deadline keeps its length
            """)
    }

    /// Takes this machine's clock over while no task is open; else the operator is told once that it was set.
    ///
    /// - Returns: by how many milliseconds the ledger's time was set.
    private func followClock(_ lastEntryMs: UInt64, _ isIdle: () -> Bool) -> Int64 {
        guard clock.wallAheadMs.magnitude > CoordinatorServerLimits.clockToleranceMs else { return 0 }
        if isIdle() {
            apart.isTold.withLock { $0 = false }
            return clock.follow(notBefore: lastEntryMs)
        }
        let aheadMs = clock.wallSetMs
        guard aheadMs.magnitude > CoordinatorServerLimits.clockWarningMs else { return 0 }
        let wasTold = apart.isTold.withLock { isTold in
            defer { isTold = true }
            return isTold
        }
        guard !wasTold else { return 0 }
        logger.warning(
            """
            this machine's clock was set \(aheadMs.magnitude / 1_000) s \(aheadMs > 0 ? "forward" : "back"); the \
            ledger's time goes on as measured until no task is open, so that no deadline moves
            """)
        return 0
    }

    private func ledgerRefused(_ error: LedgerError) -> CoordinatorServerError {
        switch error.code {
        case .storeBusy: ledgerRefused(error.description, code: .locked, hint: "another program has it open")
        case .storeFull:
            ledgerRefused(
                error.description, code: .diskFull, hint: "make room on that disk, then start the coordinator again")
        default: ledgerRefused(error.description)
        }
    }

    private func ledgerRefused(
        _ message: String, code: CoordinatorServerError.Code = .fileSystem, hint: String? = nil
    ) -> CoordinatorServerError {
        CoordinatorServerError(
            code, "the ledger \(folder.ledger) cannot be used: \(message)",
            hint: hint
                ?? "if it is damaged, restore it from a backup, which `tributary ledger verify \(folder.path)` checks")
    }

    private static func material(
        _ opened: TaskOpened, _ folder: CoordinatorFolder, _ loader: any TaskMaterialLoading
    ) throws -> TaskMaterial {
        let source = try TaskFolder(folder, task: opened.task).source()
        return try loader.material(
            taskText: String(decoding: opened.configuration, as: UTF8.self), source: source)
    }
}
