package import Attestation
import Federation
import Ledger
import Tensors
import Training

/// What opening a task came to.
package struct OpenedTask: Equatable, Sendable {
    package let task: Digest
    /// It was open, or closed, before.
    package let existed: Bool
    /// The most that it can pay: its rounds times its pool per round, in units.
    package let price: UInt64
}

extension Coordinator {
    /// Opens a task: checks what it may cost, writes it to the ledger with its sponsor's escrow, and starts it as soon
    /// as enough participants are there. Opened again, it is as it was.
    ///
    /// - Parameter escrow: what the sponsor puts up, in units; 0 for the whole price. Ignored where tokens are issued.
    /// - Throws: `invalidTask`, `limitExceeded`, `storageFailed`, or `ledgerFailed`.
    package func open(
        _ material: TaskMaterial, escrow: UInt64, nowMs: UInt64
    ) throws(CoordinationError) -> OpenedTask {
        setTime(nowMs)
        let configuration = Array(material.task.text.utf8)
        let id = SHA256.hash(configuration)
        let price = try price(of: material.task)
        if journal.state.tasks[id] != nil { return OpenedTask(task: id, existed: true, price: price) }
        guard running.count < CoordinationLimits.openTaskCount else {
            throw CoordinationError(
                .limitExceeded, "\(running.count) tasks are open; at most \(CoordinationLimits.openTaskCount) may be")
        }
        let deposit = try deposit(for: material.task, escrow: escrow, price: price, id)
        let blob = ParameterBlob(layout: material.task.architecture.parameterLayout)
        let model = SharedParameterSet(material.task.architecture.initialParameters(seed: material.task.seed))
        let digest = blob.digest(of: model.parameters, threads: environment.threads)
        try environment.vault.storeModel(
            task: id, round: 0, digest: digest, chunkHashes: nil, header: blob.header, parameters: model.parameters)
        let opening = TaskOpened(
            task: id, configuration: configuration, initialModel: digest, parameterCount: UInt64(blob.layout.count),
            gridFractionBits: UInt32(material.task.grid.fractionBits),
            validationRoot: ValidationSet.root(of: material.validation), reward: material.task.reward,
            quorum: UInt32(material.task.cohort.quorum))
        propose(.taskOpened(opening), timeMs: self.nowMs)
        if let deposit { propose(.transfer(deposit), timeMs: self.nowMs) }
        try flush()
        environment.notify(.taskOpened(id, name: material.task.name))
        if let task = journal.state.tasks[id] { try takeUp(task, material: material) }
        environment.notify(.workChanged(nil))
        return OpenedTask(task: id, existed: false, price: price)
    }

    /// The most that a task can pay.
    private func price(of task: TaskConfiguration) throws(CoordinationError) -> UInt64 {
        let (price, overflow) = UInt64(task.roundCount).multipliedReportingOverflow(by: task.reward.poolPerRound)
        guard !overflow, price <= LedgerLimits.cap else {
            throw CoordinationError(
                .invalidTask, "\(task.roundCount) rounds of \(TokenAmount.text(task.reward.poolPerRound)) are too much")
        }
        return price
    }

    /// The sponsor's deposit, if one pays; checks that the money is there.
    private func deposit(
        for task: TaskConfiguration, escrow: UInt64, price: UInt64, _ id: Digest
    ) throws(CoordinationError) -> Transfer? {
        guard let sponsor = task.reward.sponsor else {
            let left = (journal.state.genesis?.cap ?? 0) - min(journal.state.genesis?.cap ?? 0, journal.state.supply)
            guard price <= left else {
                throw CoordinationError(
                    .invalidTask,
                    "the task can pay \(TokenAmount.text(price)); only \(TokenAmount.text(left)) may still be issued",
                    hint: "open it with fewer rounds, a smaller pool_per_round, or a sponsor")
            }
            return nil
        }
        let amount = escrow == 0 ? price : escrow
        let balance = journal.state.accounts.balance(of: sponsor).available
        guard amount <= balance else {
            throw CoordinationError(
                .invalidTask,
                "an escrow of \(TokenAmount.text(amount)) from \(sponsor), which has \(TokenAmount.text(balance))",
                hint: "grant the sponsor more at `coordinator init`, or lower the escrow")
        }
        return Transfer(
            kind: .deposit, debit: sponsor, credit: .escrow(id), amount: amount, task: id, period: 0)
    }

    /// Goes on with a task as the ledger shows it: starts its next round, or resumes the open one.
    func takeUp(_ state: TaskState, material given: TaskMaterial? = nil) throws(CoordinationError) {
        let id = state.opening.task
        let material: TaskMaterial
        do {
            material = try given ?? environment.material(state.opening)
            guard ValidationSet.root(of: material.validation) == state.opening.validationRoot else {
                throw CoordinationError(
                    .invalidTask, "the validation set is not the one that task \(id) was opened with",
                    hint: "put the task's data back where they were")
            }
        } catch {
            let cause = (error as? CoordinationError) ?? CoordinationError(.invalidTask, "\(error)")
            running[id]?.retryAtMs = nowMs + CoordinationLimits.retryMs
            environment.notify(.taskFailed(task: id, cause))
            return
        }
        let task = makeRunningTask(state, material)
        // Whoever declined it before its disk failed still does.
        task.declined = running[id]?.declined ?? []
        running[id] = task
        if let round = state.round {
            let firstTicket = nextTicket
            nextTicket += UInt64(round.accepted.count)
            task.accepted = Set(round.accepted.keys)
            task.hasOpenedRound = true
            task.isResuming = true
            try perform(task.engine.resume(round, firstTicket: firstTicket, atMs: nowMs), task)
            task.isResuming = false
            try flush()
        } else {
            task.hasOpenedRound = given != nil
            try start(task)
        }
    }

    /// Takes up a task anew whose disk had failed, from what the ledger shows: as after a restart. Answers to the jobs
    /// that it gave out before are dropped.
    func takeUpAgain(_ task: RunningTask) throws(CoordinationError) {
        guard let state = journal.state.tasks[task.id] else { return }
        try takeUp(state)
    }

    private func makeRunningTask(_ state: TaskState, _ material: TaskMaterial) -> RunningTask {
        let id = state.opening.task
        let blob = ParameterBlob(layout: material.task.architecture.parameterLayout)
        var aggregated = index.lastAggregated[id] ?? []
        if state.round?.sealed != nil, !aggregated.isEmpty { aggregated.removeLast() }
        let last = aggregated.last
        let base = state.round?.baseModel ?? state.model
        let computation = TaskComputation(
            task: id, material: material, blob: blob,
            start: TaskComputation.Start(
                model: base, previousModel: last?.baseModel, serverState: last?.sealed.serverState),
            vault: environment.vault, threads: environment.threads)
        let statements = journal.state.participants.enumerated().filter { $0.element.acceptedCount > 0 }
        let engine = RoundEngine(
            plan: RoundEngine.Plan(
                task: id, configuration: material.task, fewestAvailable: material.task.cohort.quorum),
            round: state.roundsFinished, model: base, participants: journal.state.numbers,
            lastStatements: Dictionary(
                uniqueKeysWithValues: statements.map { (ParticipantNumber($0.offset), $0.element.lastContribution) }),
            serverState: last?.sealed.serverState, accuracyPpm: last?.sealed.metrics?.testAccuracyPpm ?? 0)
        defer { nextGeneration += 1 }
        let task = RunningTask(
            id: id, configuration: material.task, blob: blob, computation: computation, engine: engine,
            generation: nextGeneration)
        task.previousModel = last?.baseModel
        return task
    }

    /// Starts the tasks that wait for participants, if enough are there.
    func startWaitingTasks() throws(CoordinationError) {
        for id in journal.state.taskOrder {
            if let task = running[id], task.invitation == nil, !task.isAggregating { try start(task) }
        }
    }

    /// Opens a task's next round if enough participants are there. After a restart, those who reconnect are waited for
    /// a moment, so that the first two do not get a round of their own.
    func start(_ task: RunningTask) throws(CoordinationError) {
        guard task.invitation == nil, !task.isAggregating, task.failure == nil else { return }
        let absent = unavailable(for: task)
        let available = participantCount - absent.count
        if !task.hasOpenedRound, available >= task.engine.plan.fewestAvailable,
            available < min(participantCount, task.configuration.cohort.invitationCount)
        {
            let until = task.gatherUntilMs ?? nowMs + CoordinationLimits.gatheringMs
            task.gatherUntilMs = until
            if nowMs < until { return }
        }
        task.engine.unavailable = absent
        try handle(.start, for: task)
    }
}
