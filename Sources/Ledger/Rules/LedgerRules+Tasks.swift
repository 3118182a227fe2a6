internal import Attestation
internal import Rewards
internal import Tensors

extension LedgerRules {
    static func apply(_ genesis: Genesis, to state: inout LedgerState) throws(LedgerError) {
        try check(genesis)
        state.genesis = genesis
        state.accounts = AccountBook(cap: genesis.cap)
        state.enqueue(
            genesis.grants.map { grant in
                .transfer(
                    Transfer(
                        kind: .grant,
                        debit: .issuance,
                        credit: grant.account,
                        amount: grant.amount,
                        task: nil,
                        period: 0
                    )
                )
            }
        )
    }

    private static func check(_ genesis: Genesis) throws(LedgerError) {
        guard (Version1Rules.version...version).contains(genesis.rulesVersion) else {
            throw LedgerError(
                .badGenesis,
                "the log is of rules version \(genesis.rulesVersion); this program knows 1 and \(version)"
            )
        }
        guard let verifier = try? NoteVerifier(name: genesis.origin, publicKey: genesis.coordinatorKey),
            genesis.origin.utf8.count <= LedgerLimits.originByteCount
        else {
            throw LedgerError(
                .badGenesis,
                "the origin '\(genesis.origin)' is no note key name: it must not have spaces or plus signs"
            )
        }
        let asset = genesis.asset.utf8
        guard verifier.publicKey == genesis.coordinatorKey, !asset.isEmpty,
            asset.count <= LedgerLimits.assetByteCount, asset.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw LedgerError(.badGenesis, "the asset's name has 1 to \(LedgerLimits.assetByteCount) ASCII characters")
        }
        guard (1...LedgerLimits.cap).contains(genesis.cap) else {
            throw LedgerError(.badGenesis, "a cap of \(genesis.cap) units; 1 to \(LedgerLimits.cap) are allowed")
        }
        var granted: UInt128 = 0
        for grant in genesis.grants {
            guard grant.account.kind == .sponsor, grant.amount > 0 else {
                throw LedgerError(
                    .badGenesis,
                    "a grant of \(grant.amount) to \(grant.account); only sponsors have grants"
                )
            }
            granted += UInt128(grant.amount)
        }
        guard Set(genesis.grants.map(\.account)).count == genesis.grants.count else {
            throw LedgerError(.badGenesis, "two grants to one sponsor")
        }
        guard granted <= UInt128(genesis.cap) else {
            throw LedgerError(.badGenesis, "grants of \(granted) units under a cap of \(genesis.cap)")
        }
    }

    static func apply(_ registered: ParticipantRegistered, to state: inout LedgerState) throws(LedgerError) {
        if let number = state.numbers[registered.publicKey] {
            throw LedgerError(.participantExists, "\(registered.publicKey.did) is participant \(number) already")
        }
        guard registered.units == 0 || Units.allowed.contains(registered.units) else {
            throw LedgerError(.badUnits, "\(registered.units) units; 1 to 8 are allowed, or 0 for the ordinary 4")
        }
        if !isVersion1(state), let fault = ParticipantLabel.fault(in: registered.label) {
            throw LedgerError(.badLabel, fault)
        }
        guard state.participants.count < LedgerLimits.participantCount else {
            throw LedgerError(.limitExceeded, "more than \(LedgerLimits.participantCount) participants")
        }
        state.numbers[registered.publicKey] = ParticipantNumber(state.participants.count)
        state.participants.append(ParticipantState(registered))
    }

    static func apply(_ opened: TaskOpened, timeMs: UInt64, to state: inout LedgerState) throws(LedgerError) {
        guard state.tasks[opened.task] == nil else {
            throw LedgerError(.taskExists, "the task \(opened.task) was opened before")
        }
        guard state.tasks.count < LedgerLimits.taskCount else {
            throw LedgerError(.limitExceeded, "more than \(LedgerLimits.taskCount) tasks")
        }
        let due = try isVersion1(state) ? checkVersion1(opened) : check(opened, timeMs: timeMs, state)
        state.tasks[opened.task] = TaskState(opened)
        state.taskOrder.append(opened.task)
        state.enqueue(due)
    }

    /// What both versions ask of a task.
    static func checkShape(of opened: TaskOpened) throws(LedgerError) {
        guard SHA256.hash(opened.configuration) == opened.task,
            String(validating: opened.configuration, as: UTF8.self) != nil,
            opened.configuration.count <= LedgerLimits.configurationByteCount
        else {
            throw LedgerError(.badTask, "the task's id is not the digest of its configuration, or that is not UTF-8")
        }
        guard (1...LedgerLimits.parameterCount).contains(opened.parameterCount) else {
            throw LedgerError(.badTask, "a task of \(opened.parameterCount) parameters")
        }
        guard Grid.allowedFractionBits.contains(Int(opened.gridFractionBits)) else {
            throw LedgerError(.badTask, "a grid of \(opened.gridFractionBits) fraction bits")
        }
        guard opened.quorum >= 1, Int(opened.quorum) <= LedgerLimits.cohortCount else {
            throw LedgerError(.badTask, "a quorum of \(opened.quorum)")
        }
    }

    private static func checkVersion1(_ opened: TaskOpened) throws(LedgerError) -> [EntryBody] {
        try Version1Rules.check(opened)
        return []
    }

    /// Whether the log follows rules version 1.
    static func isVersion1(_ state: LedgerState) -> Bool { state.genesis?.rulesVersion == Version1Rules.version }

    /// What goes back when a task closes: first the escrow, then the pool.
    static func returns(of task: TaskState, _ state: LedgerState) -> [EntryBody] {
        let sponsor = task.opening.sponsor
        var bodies: [EntryBody] = []
        let escrow = state.accounts.balance(of: task.escrow).available
        if let sponsor, escrow > 0 {
            bodies.append(
                .transfer(
                    Transfer(
                        kind: .refund,
                        debit: task.escrow,
                        credit: sponsor,
                        amount: escrow,
                        task: task.opening.task,
                        period: 0
                    )
                )
            )
        }
        let pool = state.accounts.balance(of: task.pool).available
        if pool > 0 {
            bodies.append(
                .transfer(
                    Transfer(
                        kind: sponsor == nil ? .burn : .refund,
                        debit: task.pool,
                        credit: sponsor ?? .issuance,
                        amount: pool,
                        task: task.opening.task,
                        period: 0
                    )
                )
            )
        }
        return bodies
    }

    /// The task, if it is there and at one of those stages.
    static func openTask(
        _ id: Digest,
        _ state: LedgerState,
        allowing stages: [TaskState.Stage] = [.running]
    ) throws(LedgerError) -> TaskState {
        guard let task = state.tasks[id] else {
            throw LedgerError(.unknownTask, "there is no task \(id)")
        }
        guard stages.contains(task.stage) else {
            throw LedgerError(.taskClosed, "the task \(id) is \(task.stage)")
        }
        return task
    }
}

extension LedgerState {
    /// Bodies that must come after those that are due already.
    mutating func enqueue(_ bodies: [EntryBody]) {
        if !hasDue {
            dueBodies = bodies
            dueOffset = 0
        } else {
            dueBodies += bodies
        }
    }

    /// Takes the first due body off, which an entry just carried out.
    mutating func dequeue() {
        dueOffset += 1
        if dueOffset == dueBodies.count {
            dueBodies = []
            dueOffset = 0
        }
    }
}
