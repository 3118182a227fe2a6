package import Attestation
import Federation
package import Ledger
import Rewards

extension Coordinator {
    /// Registers a key as a participant; again, the answer is the same.
    ///
    /// - Parameters:
    ///   - units: what admission gives it, 1 to 8; 0 for the ordinary number.
    ///   - isInvited: somebody vouched for the key. Where a task pays without proof of training, others are not let in.
    /// - Returns: its number, and the entry that says so.
    /// - Throws: `limitExceeded`, `conflict` also for a label that is not allowed, or `ledgerFailed`.
    package func register(
        _ key: PublicKey, label: String, units: UInt32 = 0, isInvited: Bool = true, nowMs: UInt64
    ) throws(CoordinationError) -> (number: ParticipantNumber, sequence: UInt64) {
        setTime(nowMs)
        if let number = journal.state.numbers[key] { return (number, index.registrations[Int(number)]) }
        try checkPlaces(isInvited: isInvited)
        if !isInvited { try refuseUnprovedPay() }
        guard units == 0 || Units.allowed.contains(units) else {
            throw CoordinationError(.conflict, "\(units) units; admission gives 1 to 8")
        }
        if let fault = ParticipantLabel.fault(in: label) {
            throw CoordinationError(.conflict, fault, hint: "join with another label")
        }
        // Units on the ledger say that somebody vouched for the key.
        let assigned = isInvited && units == 0 ? Units.ordinary : units
        propose(
            .participantRegistered(ParticipantRegistered(publicKey: key, label: label, units: assigned)),
            timeMs: self.nowMs)
        try flush()
        guard let number = journal.state.numbers[key] else { throw Self.notRegistered(key) }
        membership.grow(to: participantCount)
        for task in journal.state.taskOrder.compactMap({ running[$0] }) {
            task.engine.admit(key, as: number)
            try assignTaskUnits(task, [number])
        }
        refreshUnits()
        environment.notify(.participantRegistered(number, key, label: label))
        _ = try heard(of: number)
        return (number, index.registrations[Int(number)])
    }

    /// Whether there is a place for another participant. Participants that were heard of lately hold a place, so that
    /// keys which were registered and never used keep nobody out; a part of the places is for invitations.
    private func checkPlaces(isInvited: Bool) throws(CoordinationError) {
        let reserved = isInvited ? 0 : CoordinationLimits.placesForInvited
        let present = membership.countSeen(sinceMs: nowMs - min(nowMs, CoordinationLimits.placeMs))
        guard present < FederationLimits.participantCount - reserved else {
            throw CoordinationError(
                .limitExceeded,
                "\(present) participants were heard of within the last hour; there is no place for another",
                hint: isInvited ? "try again later" : "try again later, or ask the operator for an invitation")
        }
        let registered = CoordinationLimits.registrationCount - reserved
        guard participantCount < registered else {
            throw CoordinationError(
                .limitExceeded, "\(participantCount) keys are registered; this coordinator takes no more",
                hint: isInvited ? nil : "ask the operator for an invitation")
        }
    }

    /// Assigns units to a participant, from the next round opened on.
    ///
    /// - Parameter task: the task that they hold for; nil for all.
    /// - Throws: `notFound`, `conflict` for units outside 1 to 8, or `ledgerFailed`.
    package func assign(
        units: UInt32, to number: ParticipantNumber, task: Digest? = nil, nowMs: UInt64
    ) throws(CoordinationError) {
        setTime(nowMs)
        guard Int(number) < participantCount else {
            throw CoordinationError(.notFound, "there is no participant \(number)")
        }
        guard Units.allowed.contains(units) else {
            throw CoordinationError(.conflict, "\(units) units; a participant has 1 to 8", hint: "4 is ordinary")
        }
        if let task {
            guard let state = journal.state.tasks[task] else {
                throw CoordinationError(.notFound, "there is no task \(task)")
            }
            guard state.stage == .running else {
                throw CoordinationError(.conflict, "the task \(task) has ended; its units stay as they are")
            }
        }
        propose(units: units, of: number, task: task)
        try flush()
        refreshUnits()
    }

    private func propose(units: UInt32, of number: ParticipantNumber, task: Digest?) {
        let change = journal.state.participants[Int(number)].unitChanges
        propose(
            .unitsAssigned(UnitsAssigned(task: task, participant: number, units: units, change: change)), timeMs: nowMs)
    }

    /// Assigns the units that a task's file names by key, durably, where none were assigned for the task yet: what the
    /// operator assigned later holds. Not by label, which a participant chooses itself.
    func assignTaskUnits(
        _ task: RunningTask, _ numbers: some Sequence<ParticipantNumber>
    ) throws(CoordinationError) {
        guard !task.configuration.weights.units.isEmpty, journal.state.tasks[task.id]?.stage == .running else { return }
        for number in numbers {
            let name = journal.state.participants[Int(number)].key.did
            guard let units = task.configuration.weights.units[name], let state = journal.state.tasks[task.id],
                state.assignedUnits[number] == nil, state.units(of: number, journal.state) != units
            else { continue }
            propose(units: units, of: number, task: task.id)
        }
        try flush()
    }

    /// Tells the engines the units that the ledger has.
    func refreshUnits() {
        for task in running.values { refreshUnits(task) }
    }

    func refreshUnits(_ task: RunningTask) {
        guard let state = journal.state.tasks[task.id] else { return }
        task.engine.units = state.unitsByParticipant(journal.state)
    }

    /// Refuses to let in keys that nobody vouches for while a task pays without proof of training.
    private func refuseUnprovedPay() throws(CoordinationError) {
        // A task that stands still pays as well, once it goes on.
        for id in journal.state.taskOrder {
            guard let task = journal.state.tasks[id], task.stage != .closed, let terms = task.opening.terms,
                terms.pool > 0, !terms.acceptsUnprovedPay
            else { continue }
            throw CoordinationError(
                .conflict,
                """
                the task \(Self.name(of: task)) pays at proof level L0, where several keys of one person cannot be \
                told apart, so keys that nobody invited are not let in
                """, hint: "ask the operator for an invitation")
        }
    }

    /// A participant says that it leaves: it is not invited until it is heard of again, nor waited for.
    ///
    /// - Throws: `ledgerFailed`.
    package func leave(_ key: PublicKey, nowMs: UInt64) throws(CoordinationError) {
        setTime(nowMs)
        guard let number = journal.state.numbers[key] else { return }
        membership.leave(number)
        try noteAbsence()
    }

    /// Bans a participant, or lifts the ban. The caller keeps the list of bans over restarts.
    ///
    /// - Throws: `notFound`, or `ledgerFailed`.
    package func ban(_ number: ParticipantNumber, _ isBanned: Bool, nowMs: UInt64) throws(CoordinationError) {
        setTime(nowMs)
        guard Int(number) < participantCount else {
            throw CoordinationError(.notFound, "there is no participant \(number)")
        }
        membership.ban(number, isBanned)
        try noteAbsence()
        environment.notify(.workChanged([journal.state.participants[Int(number)].key]))
    }

    /// What a participant is to do now; whoever has nothing to do asks again after a `workChanged`.
    ///
    /// - Throws: `notRegistered`, `banned`, or `ledgerFailed`.
    package func work(
        for key: PublicKey, query: WorkQuery, nowMs: UInt64
    ) throws(CoordinationError) -> WorkAnswer {
        setTime(nowMs)
        guard let number = journal.state.numbers[key] else { throw Self.notRegistered(key) }
        guard !membership.members[Int(number)].isBanned else {
            throw CoordinationError(.banned, "\(key.did) is banned", hint: "ask the operator why")
        }
        let wasDeclined = decline(query.declinedTasks, number)
        let isBack = try heard(of: number)
        if !isBack, wasDeclined {
            try startWaitingTasks()
            try noteAbsence()
        }
        for id in journal.state.taskOrder {
            guard let task = running[id], !task.declined.contains(number) else { continue }
            if task.failure == nil, let missing = task.missing[number], let round = task.heldRound {
                return .resend(task: id, round: round, update: missing.update)
            }
            let isAtIt = query.current.map { $0.task == id && $0.round == task.invitation?.round } ?? false
            guard !isAtIt, task.wants(number), let invitation = task.invitation else { continue }
            return .train(
                TrainingOrder(
                    task: id, round: invitation.round, baseModel: invitation.baseModel,
                    byteCount: task.blob.byteCount, deadlineMs: invitation.deadlineMs,
                    previousContribution: journal.state.participants[Int(number)].lastContribution,
                    ledgerRoot: visibleRoot, fundingSequence: index.fundings[id],
                    previousModel: index.lastAggregated[id]?.last?.baseModel,
                    boundSquared: journal.state.tasks[id]?.round?.boundSquared))
        }
        return .idle(reason: idleReason, allClosed: isEveryTaskClosed)
    }

    /// Takes note of the tasks that a participant declines; whether that changed anything.
    private func decline(_ tasks: Set<Digest>, _ number: ParticipantNumber) -> Bool {
        var hasChanged = false
        for task in running.values {
            let declines = tasks.contains(task.id)
            guard declines != task.declined.contains(number) else { continue }
            if declines { task.declined.insert(number) } else { task.declined.remove(number) }
            hasChanged = true
        }
        return hasChanged
    }

    private var idleReason: String {
        guard let task = journal.state.taskOrder.compactMap({ running[$0] }).first else {
            return journal.state.taskOrder.isEmpty ? "no task is open yet" : "every task is closed"
        }
        let name = task.configuration.name
        if task.failure != nil { return "\(name): it stands still until the operator has looked at it" }
        // Not who has contributed to an open round, nor how many, nor that all of them have: that is for the operator.
        if let invitation = task.invitation {
            return "\(name): round \(invitation.round) is open until \(clock(invitation.deadlineMs)) UTC"
        }
        guard task.isAggregating else { return "\(name): waiting for participants" }
        let deadlineMs = journal.state.tasks[task.id]?.round?.deadlineMs
        let until = deadlineMs.map { " until \(clock($0)) UTC" } ?? ""
        return "\(name): round \(task.engine.round) is open\(until)"
    }

    /// The time of day on the machine's clock, in UTC, to the second.
    private func clock(_ timeMs: UInt64) -> String {
        let aheadMs = wallAheadMs.magnitude > CoordinationLimits.clockToleranceMs ? wallAheadMs : 0
        let seconds = UInt64(clamping: Int64(clamping: timeMs) + aheadMs) / 1_000 % 86_400
        let parts = [seconds / 3_600, seconds / 60 % 60, seconds % 60]
        return parts.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    }

    /// Notes that a participant was heard of; if that makes it available, tasks that wait for participants may start.
    ///
    /// - Returns: whether it became available.
    func heard(of number: ParticipantNumber) throws(CoordinationError) -> Bool {
        guard membership.seen(number, nowMs: nowMs) else { return false }
        try startWaitingTasks()
        try noteAbsence()
        return true
    }

    /// Tells open rounds which participants will not contribute, where that has changed.
    private func noteAbsence() throws(CoordinationError) {
        for task in running.values where task.invitation != nil && task.engine.absent != absent(for: task) {
            try handle(.absenceChanged, for: task)
        }
    }

    /// Participants that will not contribute to a task.
    func absent(for task: RunningTask) -> Set<ParticipantNumber> { membership.gone.union(task.declined) }

    /// Who may not be invited to a task's next round.
    func unavailable(for task: RunningTask) -> Set<ParticipantNumber> {
        membership.unavailable(nowMs: nowMs).union(task.declined)
    }
}
