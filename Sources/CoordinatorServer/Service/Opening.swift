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
    /// The clock, which stands still while it is behind the ledger.
    let heldClock: @Sendable () -> UInt64
    private let floor: Floor

    private final class Floor: Sendable {
        let ms = Mutex<UInt64>(0)
    }

    init(
        folder: CoordinatorFolder, settings: CurrentSettings, loader: any TaskMaterialLoading,
        nowMs: @escaping @Sendable () -> UInt64, logger: Logger
    ) {
        self.folder = folder
        self.settings = settings
        self.loader = loader
        self.logger = logger
        let floor = Floor()
        self.floor = floor
        heldClock = { max(nowMs(), floor.ms.withLock { $0 }) }
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
        signer: NoteSigner, heads: SignedHeadFile, vault: FolderVault, threads: Int,
        noticed: @escaping @Sendable (CoordinatorNotice) -> Void, changed: @escaping @Sendable () -> Void,
        failed: @escaping @Sendable (CoordinationError) -> Void
    ) throws -> CoordinatorHost {
        let path = folder.ledger
        let (first, last) = firstAndLast()
        if let last { holdClock(at: last, nowMs: heldClock()) }
        do {
            return try CoordinatorHost(
                CoordinatorHost.Parts(
                    store: { try SQLiteLedgerStore(path: path, access: .readWrite) }, signer: signer, heads: heads,
                    vault: vault, threads: threads,
                    material: { [folder, loader] in try Self.material($0, folder, loader) },
                    nowMs: heldClock,
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

    /// A clock that is behind the ledger's last entry is held there until it has caught up: the ledger's time does not
    /// run backwards.
    private func holdClock(at entry: Entry, nowMs: UInt64) {
        guard entry.timeMs > nowMs else { return }
        floor.ms.withLock { $0 = entry.timeMs }
        logger.warning(
            """
            this machine's clock is \((entry.timeMs - nowMs) / 1_000) s behind the ledger's last entry; time stands \
            still until it has caught up, so set the clock (timedatectl)
            """)
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
