package import Attestation
import Federation
import Ledger
import Rewards
import Tensors
import Training

/// What opening a task came to.
package struct OpenedTask: Equatable, Sendable {
    package let task: Digest
    /// It was open, or closed, before.
    package let existed: Bool
    /// The most that it can pay, in units: its pool, which is funded.
    package let price: UInt64
}

extension Coordinator {
    /// Opens a task: writes it to the ledger with its funding, and starts it as soon as enough participants are there.
    /// Opened again, it is as it was.
    ///
    /// The sponsor's escrow takes the whole pool, or the whole pool is issued into the task's account: what a task
    /// promises is there.
    ///
    /// - Throws: `invalidTask`, `limitExceeded`, `storageFailed`, or `ledgerFailed`.
    package func open(_ material: TaskMaterial, nowMs: UInt64) throws(CoordinationError) -> OpenedTask {
        try check(material, nowMs: nowMs)
        return try open(RehearsedTask(material, secret: environment.makeSecret()), nowMs: nowMs)
    }

    /// Refuses a task that `open` would refuse, before its bound is measured, which may take long. A task that is there
    /// already passes.
    ///
    /// - Throws: `invalidTask` or `limitExceeded`.
    package func check(_ material: TaskMaterial, nowMs: UInt64) throws(CoordinationError) {
        setTime(nowMs)
        let task = material.task
        let configuration = Array(task.text.utf8)
        guard journal.state.tasks[SHA256.hash(configuration)] == nil else { return }
        guard running.count < CoordinationLimits.openTaskCount else {
            throw CoordinationError(
                .limitExceeded, "\(running.count) tasks are open; at most \(CoordinationLimits.openTaskCount) may be")
        }
        guard configuration.count <= LedgerLimits.configurationByteCount else {
            throw CoordinationError(
                .invalidTask,
                """
                written out, the task's file has \(configuration.count) bytes; the ledger takes \
                \(LedgerLimits.configurationByteCount)
                """, hint: "name fewer participants under weights.units")
        }
        try checkTrust(task)
        try checkMoney(task)
    }

    /// Opens a task whose sets are drawn and whose bound is measured.
    ///
    /// - Throws: as `open` of its material.
    package func open(_ rehearsed: RehearsedTask, nowMs: UInt64) throws(CoordinationError) -> OpenedTask {
        let (material, secret) = (rehearsed.material, rehearsed.secret)
        try check(material, nowMs: nowMs)
        let task = material.task
        let configuration = Array(task.text.utf8)
        let id = SHA256.hash(configuration)
        if journal.state.tasks[id] != nil { return OpenedTask(task: id, existed: true, price: task.reward.pool) }
        try environment.vault.storeRecord(.secret, task: id, bytes: secret.value.bytes)
        let terms = task.terms(normBoundSquared: rehearsed.boundSquared, openedAtMs: self.nowMs, secret: secret)
        let opening = TaskOpened(
            task: id, configuration: configuration, initialModel: nil,
            parameterCount: UInt64(task.architecture.parameterLayout.count),
            gridFractionBits: UInt32(task.grid.fractionBits),
            validationRoot: ValidationSet.root(of: rehearsed.sets.validation, salt: secret.validationSalt),
            reward: nil,
            terms: terms, quorum: UInt32(task.cohort.quorum))
        propose(.taskOpened(opening), timeMs: self.nowMs)
        try appendDue(for: id)
        environment.notify(.taskOpened(id, name: task.name))
        if let state = journal.state.tasks[id] { try takeUp(state, material: material) }
        environment.notify(.workChanged(nil))
        return OpenedTask(task: id, existed: false, price: task.reward.pool)
    }

    /// What may not be opened on this coordinator, whatever the ledger's rules say.
    private func checkTrust(_ task: TaskConfiguration) throws(CoordinationError) {
        if task.reward.pool > 0, !task.reward.acceptsUnprovedPay, environment.isRegistrationOpen() {
            throw CoordinationError(
                .invalidTask,
                """
                the task pays at proof level L0 while anybody may register here: one person with many keys earns many \
                shares
                """,
                hint: """
                    take participants by invitation (participation: invited in coordinator.yaml), or write \
                    unproved_pay: accepted under reward, which every participant is told
                    """)
        }
        if task.reward.pool > 0, !task.reward.acceptsUnprovedPay { try checkVouchers() }
        if task.weights.weighting == .claimed, task.reward.samplesCap == 0 {
            throw CoordinationError(
                .invalidTask,
                "weights.weighting claimed without a cap: one participant's word would decide the average",
                hint: "write samples_cap under reward, or leave weighting out")
        }
        if let name = task.weights.units.keys.sorted().first(where: { !$0.hasPrefix("did:key:") }) {
            throw CoordinationError(
                .invalidTask,
                "weights.units names \"\(name)\", which is no key: anybody could register under that label",
                hint: "write the participant's key, did:key:…, as `tributary coordinator status` shows it")
        }
        if task.reward.score == .samples, task.reward.samplesCap == 0 {
            throw CoordinationError(
                .invalidTask, "reward.score samples without a cap: one participant's word would take the pool",
                hint: "write samples_cap under reward, or score: value")
        }
        try checkTotals(task)
        let everybody = min(participantCount, FederationLimits.participantCount)
        if task.trust == .open, task.cohort.size < everybody {
            throw CoordinationError(
                .invalidTask,
                """
                cohort.size \(task.cohort.size) of a task with trust: open, but \(participantCount) participants are \
                admitted: being invited to the first rounds is what gets paid, so everybody is
                """, hint: "write a cohort.size of at least \(everybody)")
        }
    }

    /// Refuses to pay without proof of training while keys take part that nobody vouched for.
    private func checkVouchers() throws(CoordinationError) {
        let strangers = journal.state.participants.indices.filter {
            !journal.state.participants[$0].isVouchedFor && !membership.members[$0].isBanned
        }
        guard let first = strangers.first else { return }
        throw CoordinationError(
            .invalidTask,
            """
            the task pays at proof level L0, and \(strangers.count) of the participants registered without an \
            invitation, the first of them participant \(first): nobody vouched for them
            """,
            hint: """
                ban them (`tributary coordinator ban`), vouch for each (`tributary coordinator units NUMBER 4`), or \
                write unproved_pay: accepted under reward
                """)
    }

    /// Refuses a task whose round some participants could fill with weight before others have sent anything.
    private func checkTotals(_ task: TaskConfiguration) throws(CoordinationError) {
        guard task.weights.weighting == .claimed else { return }
        let most = LedgerLimits.totalWeight / UInt64(max(1, task.cohort.size))
        guard task.reward.samplesCap > most else { return }
        throw CoordinationError(
            .invalidTask,
            """
            weights.weighting claimed with samples_cap \(task.reward.samplesCap) and cohort.size \(task.cohort.size): \
            the claims of some could reach a round's \(LedgerLimits.totalWeight) examples, and all others would be refused
            """, hint: "write a samples_cap of at most \(most)")
    }

    /// Says who lacks the money, in words that the ledger's rules do not have.
    private func checkMoney(_ task: TaskConfiguration) throws(CoordinationError) {
        let pool = task.reward.pool
        guard pool > 0 else { return }
        if let sponsor = task.reward.sponsor {
            let balance = journal.state.accounts.balance(of: sponsor).available
            guard pool <= balance else {
                throw CoordinationError(
                    .invalidTask,
                    "a pool of \(TokenAmount.text(pool)) from \(sponsor), which has \(TokenAmount.text(balance))",
                    hint: """
                        lower reward.pool, or leave source and sponsor out; a sponsor is granted tokens when a \
                        coordinator is made: `coordinator init --grant NAME=AMOUNT`
                        """)
            }
        } else {
            let cap = journal.state.genesis?.cap ?? 0
            let left = cap - min(cap, journal.state.supply)
            guard pool <= left else {
                throw CoordinationError(
                    .invalidTask,
                    """
                    a pool of \(TokenAmount.text(pool)); only \(TokenAmount.text(left)) may still be issued, the pools \
                    of open tasks aside
                    """, hint: "lower reward.pool, or name a sponsor")
            }
        }
    }

    /// Adds to a task's pool from its sponsor's account, durably. The price of a nat is pool over target, so it rises
    /// for all that the task learned and learns.
    ///
    /// - Parameter amount: in units of 10^-6 token.
    /// - Throws: `notFound` if there is no such task; `conflict` if it has ended or has no sponsor, or the sponsor has
    ///   less; or `ledgerFailed`.
    package func deposit(_ amount: UInt64, into id: Digest, nowMs: UInt64) throws(CoordinationError) {
        setTime(nowMs)
        guard let state = journal.state.tasks[id] else {
            throw CoordinationError(.notFound, "there is no task \(id)")
        }
        guard state.stage == .running else { throw CoordinationError(.conflict, "the task \(id) has ended") }
        guard let sponsor = state.opening.sponsor else {
            throw CoordinationError(
                .conflict, "the task \(id) has no sponsor who could add to its pool, which is issued")
        }
        let balance = journal.state.accounts.balance(of: sponsor).available
        guard 1...max(1, balance) ~= amount, amount <= balance else {
            let wanted = TokenAmount.text(amount)
            throw CoordinationError(
                .conflict, "a deposit of \(wanted) from \(sponsor), which has \(TokenAmount.text(balance))")
        }
        propose(
            .transfer(
                Transfer(
                    kind: .deposit, debit: sponsor, credit: .escrow(id), amount: amount, task: id,
                    period: index.deposits[id] ?? 0)),
            timeMs: self.nowMs)
        try flush()
    }

    /// Closes a task now, whatever it reached: an open round is given up, what was earned is paid, the rest returned.
    ///
    /// - Throws: `notFound` if there is no such task, `conflict` if it is closed, `ledgerFailed`, or what keeps the
    ///   task from being settled, such as `storageFailed` if its secret is lost.
    package func closeTask(_ id: Digest, nowMs: UInt64) throws(CoordinationError) {
        setTime(nowMs)
        guard let state = journal.state.tasks[id] else {
            throw CoordinationError(.notFound, "there is no task \(id)")
        }
        guard state.stage != .closed else { throw CoordinationError(.conflict, "the task \(id) is closed") }
        guard let task = running[id] else { return try closeUnattended(state, .byOperator) }
        try close(task, .byOperator)
        if let failure = task.failure { throw failure }
    }

    func close(_ task: RunningTask, _ reason: TaskClosed.Reason) throws(CoordinationError) {
        let hasFailed = task.failure != nil
        task.closing = reason
        task.failure = nil
        task.retryAtMs = nil
        if hasFailed { task.isAggregating = false }
        task.heldAggregation = nil
        // Its rounds are over already, and only its settlement failed.
        if task.engine.isFinished {
            try settleAndClose(task.id, reason)
            return
        }
        try handle(.close(reason, computationFailed: hasFailed || !task.isAggregating), for: task)
    }

    /// Closes a task whose data cannot be read: its engine does not run, so the ledger's state alone decides.
    func closeUnattended(_ state: TaskState, _ reason: TaskClosed.Reason) throws(CoordinationError) {
        let id = state.opening.task
        if let round = state.round, round.sealed == nil {
            let sealed = RoundSealed(
                task: id, round: round.number, outcome: .abandoned, accepted: UInt32(round.accepted.count),
                totalWeight: round.totalWeight, aggregate: nil, model: state.model ?? .zero,
                serverState: state.serverState, metrics: nil, scoreCommitment: nil)
            propose(.roundSealed(sealed), timeMs: nowMs)
            try flush()
        }
        if let failure = try settleAndClose(id, reason) { throw failure }
    }

    /// Goes on with a task as the ledger shows it: starts its next round, or resumes the open one.
    func takeUp(_ state: TaskState, material given: TaskMaterial? = nil) throws(CoordinationError) {
        let id = state.opening.task
        if state.stage != .running {
            try settleAndClose(id, running[id]?.closing)
            return
        }
        let task: RunningTask
        do {
            let material = try given ?? environment.material(state.opening)
            let secret = try secret(of: state)
            let sets = try material.evaluation(secret)
            guard
                ValidationSet.root(of: sets.validation, salt: secret.validationSalt) == state.opening.validationRoot
            else {
                throw CoordinationError(
                    .invalidTask, "the validation set is not the one that task \(id) was opened with",
                    hint: "put the task's data back where they were")
            }
            environment.vault.hold(material.task.retain, of: id)
            task = try makeRunningTask(state, material.task, sets, secret)
        } catch {
            let cause = (error as? CoordinationError) ?? CoordinationError(.invalidTask, "\(error)")
            running[id]?.retryAtMs = nowMs + CoordinationLimits.retryMs
            environment.notify(.taskFailed(task: id, cause))
            return
        }
        // A participant that declined the task before its disk failed still does.
        task.declined = running[id]?.declined ?? []
        let closing = running[id]?.closing
        running[id] = task
        try assignTaskUnits(task, journal.state.participants.indices.map { ParticipantNumber($0) })
        refreshUnits(task)
        if let round = state.round {
            let firstTicket = nextTicket
            nextTicket += UInt64(round.accepted.count)
            task.accepted = Set(round.accepted.keys)
            task.hasOpenedRound = true
            task.isResuming = true
            try perform(task.engine.resume(round, firstTicket: firstTicket, atMs: nowMs), task)
            task.isResuming = false
            try flush()
        } else if closing == nil {
            task.hasOpenedRound = given != nil
            try start(task)
        }
        if let closing { try close(task, closing) }
    }

    /// Takes up a task anew whose disk had failed, from what the ledger shows: as after a restart. Answers to the jobs
    /// that it gave out before are dropped.
    func takeUpAgain(_ task: RunningTask) throws(CoordinationError) {
        guard let state = journal.state.tasks[task.id] else { return }
        try takeUp(state)
    }

    private func makeRunningTask(
        _ state: TaskState, _ configuration: TaskConfiguration, _ sets: EvaluationSets, _ secret: TaskSecret
    ) throws(CoordinationError) -> RunningTask {
        let id = state.opening.task
        guard let terms = state.opening.terms else {
            throw CoordinationError(.invalidTask, "the task \(id) is of rules version 1")
        }
        let blob = ParameterBlob(layout: configuration.architecture.parameterLayout)
        var aggregated = index.lastAggregated[id] ?? []
        if state.round?.sealed != nil, !aggregated.isEmpty { aggregated.removeLast() }
        let last = aggregated.last
        let base = state.round?.baseModel ?? state.model
        let computation = TaskComputation(
            task: id, configuration: configuration, terms: terms, sets: sets, secret: secret, blob: blob,
            start: TaskComputation.Start(
                model: base, serverState: last?.sealed.serverState,
                scoredRounds: aggregated.reversed().map(\.round)),
            vault: environment.vault, threads: environment.threads)
        let statements = journal.state.participants.enumerated().filter { $0.element.acceptedCount > 0 }
        let engine = RoundEngine(
            plan: RoundEngine.Plan(
                task: id, configuration: configuration, terms: terms, fewestAvailable: configuration.cohort.quorum),
            round: state.roundsFinished, model: base ?? .zero, participants: journal.state.numbers,
            lastStatements: Dictionary(
                uniqueKeysWithValues: statements.map { (ParticipantNumber($0.offset), $0.element.lastContribution) }),
            serverState: last?.sealed.serverState, accuracyPpm: try exactAccuracy(of: last, id, terms),
            boundHistory: BoundHistory(
                // A round that is sealed and not yet scored is sealed again.
                recent: state.round?.sealed == nil ? state.recentNorms : state.recentNorms.dropLast(),
                base: state.boundBase),
            divergedCount: state.divergedInARow)
        defer { nextGeneration += 1 }
        return RunningTask(
            id: id, terms: terms, configuration: configuration, blob: blob, computation: computation, engine: engine,
            generation: nextGeneration)
    }

    /// Test accuracy after a round, in parts per million: the ledger has it rounded while scores are withheld.
    func exactAccuracy(
        of round: LedgerIndex.AggregatedRound?, _ task: Digest, _ terms: TaskTerms
    ) throws(CoordinationError) -> UInt32 {
        guard let round else { return 0 }
        guard round.sealed.scoreCommitment != nil else { return round.sealed.metrics?.testAccuracyPpm ?? 0 }
        let bytes = try environment.vault.record(.scores(round: round.round), task: task)
        return try Self.scoredRound(bytes).metrics.testAccuracyPpm
    }

    /// The initial model of a task whose first round is about to be opened: it follows from the root over all entries
    /// so far, so nobody could know it before the task was open and its participants registered.
    private func begin(_ task: RunningTask) throws(CoordinationError) {
        try flush()
        let model = task.configuration.initialModel(start: TaskStart.seed(root: journal.root, task: task.id))
        let digest = task.blob.digest(of: model, threads: environment.threads)
        try environment.vault.storeModel(
            task: task.id, round: 0, digest: digest, chunkHashes: nil, header: task.blob.header, parameters: model)
        task.computation.begin(from: digest)
        task.engine.begin(from: digest)
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
        if available >= max(1, task.engine.plan.fewestAvailable), journal.state.tasks[task.id]?.model == nil {
            do throws(CoordinationError) { try begin(task) } catch {
                guard error.code != .ledgerFailed else { throw error }
                return fail(task, error)
            }
        }
        try handle(.start, for: task)
    }
}
