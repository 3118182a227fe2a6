package import Attestation
import Federation
package import Ledger

extension Coordinator {
    /// Registers a key as a participant; again, the answer is the same.
    ///
    /// - Returns: its number, and the entry that says so.
    /// - Throws: `limitExceeded`, or `ledgerFailed`.
    package func register(
        _ key: PublicKey, label: String, nowMs: UInt64
    ) throws(CoordinationError) -> (number: ParticipantNumber, sequence: UInt64) {
        setTime(nowMs)
        if let number = journal.state.numbers[key] { return (number, index.registrations[Int(number)]) }
        guard participantCount < FederationLimits.participantCount else {
            throw CoordinationError(
                .limitExceeded, "there are \(participantCount) participants; this coordinator takes no more")
        }
        propose(.participantRegistered(ParticipantRegistered(publicKey: key, label: label)), timeMs: self.nowMs)
        try flush()
        guard let number = journal.state.numbers[key] else { throw Self.notRegistered(key) }
        membership.grow(to: participantCount)
        for task in running.values { task.engine.admit(key, as: number) }
        environment.notify(.participantRegistered(number, key, label: label))
        _ = try heard(of: number)
        return (number, index.registrations[Int(number)])
    }

    /// Notes that a key was heard of.
    package func seen(_ key: PublicKey, nowMs: UInt64) throws(CoordinationError) {
        setTime(nowMs)
        if let number = journal.state.numbers[key] { _ = try heard(of: number) }
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
                    ledgerRoot: journal.root, previousModel: task.previousModel))
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
        let open = journal.state.taskOrder.compactMap { running[$0] }
        guard !open.isEmpty else {
            return journal.state.taskOrder.isEmpty ? "no task is open yet" : "every task is closed"
        }
        for task in open {
            if let reason = waitingFor(task) { return "\(task.configuration.name): \(reason)" }
        }
        return "the round is being averaged"
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

    /// Tells the open rounds of whom nothing will come, where that has changed.
    private func noteAbsence() throws(CoordinationError) {
        for task in running.values where task.invitation != nil && task.engine.absent != absent(for: task) {
            try handle(.absenceChanged, for: task)
        }
    }

    /// Of whom nothing will come for a task.
    func absent(for task: RunningTask) -> Set<ParticipantNumber> { membership.gone.union(task.declined) }

    /// Who may not be invited to a task's next round.
    func unavailable(for task: RunningTask) -> Set<ParticipantNumber> {
        membership.unavailable(nowMs: nowMs).union(task.declined)
    }
}
