import Attestation
import Federation
import Ledger

extension Coordinator {
    /// Gives an event to a task's engine, does what it answers, and makes it durable.
    func handle(_ event: RoundEvent, for task: RunningTask) throws(CoordinationError) {
        guard task.failure == nil else { return }
        if case .start = event {} else { task.engine.unavailable = unavailable(for: task) }
        task.engine.absent = absent(for: task)
        try perform(task.engine.handle(event, atMs: nowMs), task)
        try flush()
    }

    /// Does what an engine wants, in order. What others may see waits until the entries before it are durable.
    func perform(_ effects: [RoundEffect], _ task: RunningTask) throws(CoordinationError) {
        for effect in effects {
            switch effect {
            case .record(let body): record(body, task)
            case .recordDue: try appendDue(for: task.id)
            case .invite(let invitation): invite(invitation, task)
            case .setTimer(_, let atMs): task.deadlineMs = atMs
            case .check(let ticket, let entry):
                let computation = task.computation
                submit(task) { () in
                    .checked(
                        ticket: ticket,
                        Result { () throws(CoordinationError) in try computation.check(entry, ticket: ticket) })
                }
            case .fold(let contribution):
                // The engine may be a round further already; a resumed round is not invited yet, but is the engine's.
                fold(contribution, round: task.invitation?.round ?? task.engine.round, of: task)
            case .refuse(let ticket, let reason, let detail): refuse(ticket, reason, detail, task)
            case .aggregate(let round, let accepted): aggregate(round, accepted, task)
            case .abandon(let round): try abandon(round, task)
            case .finish(let rounds, let model): try finish(task, rounds: rounds, model: model)
            }
        }
    }

    private func record(_ body: EntryBody, _ task: RunningTask) {
        switch body {
        case .contributionAccepted(let entry): recordAccepted(entry, task)
        case .roundSealed(let sealed):
            propose(body, timeMs: task.engine.entryTimeMs)
            task.lastSealed = sealed
            task.lastScores = []
            if sealed.outcome == .noQuorum { announceSeal(task) }
        case .scores(let scores):
            propose(body, timeMs: task.engine.entryTimeMs)
            task.lastScores += scores.scores
            if task.lastScores.count == task.lastSealed.map({ Int($0.accepted) }) { announceSeal(task) }
        default: propose(body, timeMs: task.engine.entryTimeMs)
        }
    }

    private func announceSeal(_ task: RunningTask) {
        guard let sealed = task.lastSealed else { return }
        let notice = CoordinatorNotice.roundSealed(task: task.id, sealed, scores: task.lastScores)
        afterwards.append { [environment] in environment.notify(notice) }
    }

    private func recordAccepted(_ entry: ContributionAccepted, _ task: RunningTask) {
        let key = entry.statement.participantKey
        let ticket = task.ticketOfContribution[entry.contribution]
        guard let number = journal.state.numbers[key] else { return }
        propose(.contributionAccepted(entry), timeMs: task.engine.entryTimeMs) { [weak self, weak task] sequence in
            guard let self, let task else { return }
            task.accepted.insert(number)
            membership.answered(number)
            for other in running.values { other.engine.noteStatement(entry.contribution.digest, of: number) }
            let contribution = AcceptedContribution(
                ticket: ticket ?? 0, participant: number, weight: entry.statement.sampleCount,
                update: entry.statement.update)
            afterwards.append { [weak self] in
                if let ticket { self?.answer(ticket, of: task, .accepted(sequence: sequence)) }
                self?.environment.notify(
                    .contributionAccepted(
                        task: task.id, round: entry.statement.round, contribution, sequence: sequence))
            }
        }
    }

    /// Whoever was invited and let the deadline pass missed a round; too many in a row, and it is left out for a while.
    private func noteMissed(_ task: RunningTask) {
        guard let invitation = task.invitation, nowMs > invitation.deadlineMs else { return }
        for number in invitation.cohort where !task.accepted.contains(number) {
            guard let until = membership.missed(number, nowMs: nowMs) else { continue }
            afterwards.append { [environment] in environment.notify(.ejected(number, untilMs: until)) }
        }
    }

    private func invite(_ invitation: Federation.Invitation, _ task: RunningTask) {
        // A resumed round keeps what was accepted before the restart.
        if !task.isResuming { task.accepted.removeAll() }
        task.invitation = invitation
        task.hasOpenedRound = true
        let id = task.id
        let keys = invitation.cohort.map { journal.state.participants[Int($0)].key }
        afterwards.append { [environment] in
            environment.notify(.roundOpened(task: id, invitation))
            environment.notify(.workChanged(keys))
        }
    }

    /// Adds an accepted update to the round's sum, off the coordinator's thread.
    func fold(_ contribution: AcceptedContribution, round: UInt32, of task: RunningTask) {
        task.foldsUnderway += 1
        let computation = task.computation
        submit(task) { () in
            .folded(
                contribution, round: round,
                Result { () throws(CoordinationError) in try computation.fold(contribution, round: round) })
        }
    }

    private func refuse(_ ticket: UInt64, _ reason: RefusalReason, _ detail: String, _ task: RunningTask) {
        let key = task.pending[ticket]?.participant
        let computation = task.computation
        submit(task) { () in
            computation.forget(ticket: ticket)
            return .done(.success(()))
        }
        let round = task.engine.round
        afterwards.append { [weak self] in
            self?.answer(ticket, of: task, .refused(reason: reason.name, detail: detail))
            self?.environment.notify(
                .contributionRefused(task: task.id, round: round, key, reason, detail: detail))
        }
    }

    /// Averages a round as soon as every accepted update is in its sum.
    private func aggregate(_ round: UInt32, _ accepted: [AcceptedContribution], _ task: RunningTask) {
        task.deadlineMs = nil
        task.heldAggregation = (round, accepted)
        afterwards.append { [weak self] in
            self?.noteMissed(task)
            self?.aggregateIfReady(task)
        }
    }

    func aggregateIfReady(_ task: RunningTask) {
        guard let held = task.heldAggregation, task.foldsUnderway == 0, task.missing.isEmpty, task.failure == nil else {
            return
        }
        task.heldAggregation = nil
        task.invitation = nil
        task.isAggregating = true
        let (computation, vault, id) = (task.computation, environment.vault, task.id)
        submit(task) { () in
            .aggregated(
                Result { () throws(CoordinationError) in
                    let result = try computation.seal(round: held.round, accepted: held.accepted)
                    try vault.endRound(task: id, round: held.round, keeping: Set(held.accepted.map(\.update)))
                    return result
                })
        }
    }

    private func abandon(_ round: UInt32, _ task: RunningTask) throws(CoordinationError) {
        // What was accepted last counts as an answer and stays as evidence.
        try flush()
        task.deadlineMs = nil
        task.missing.removeAll()
        let accepted = journal.state.tasks[task.id]?.round?.accepted.values.map(\.update) ?? []
        let (computation, vault, id) = (task.computation, environment.vault, task.id)
        noteMissed(task)
        task.invitation = nil
        submit(task) { () in
            computation.abandon()
            return .done(
                Result { () throws(CoordinationError) in
                    try vault.endRound(task: id, round: round, keeping: Set(accepted))
                })
        }
    }

    /// Closes a task: last settlement, returns, and a snapshot of all balances.
    private func finish(_ task: RunningTask, rounds: UInt32, model: Digest) throws(CoordinationError) {
        try flush()
        let closed = TaskClosed(task: task.id, rounds: rounds, model: model)
        do {
            let settlement = try LedgerRules.closing(task.id, journal.state)
            try journal.append(settlement + [.taskClosed(closed)], timeMs: nowMs)
            for case .transfer(let transfer) in settlement where transfer.kind == .reward {
                environment.notify(.rewarded(task: task.id, transfer))
            }
            try journal.appendDue(timeMs: nowMs)
            try journal.append([.snapshot(journal.state.snapshot)], timeMs: nowMs)
            _ = try journal.checkpoint()
        } catch {
            throw Self.ledgerFailed(error)
        }
        running[task.id] = nil
        let id = task.id
        afterwards.append { [environment] in
            environment.notify(.taskClosed(task: id, closed))
            environment.notify(.workChanged(nil))
        }
    }

    /// Answers whoever waits for a contribution's check.
    func answer(_ ticket: UInt64, of task: RunningTask, _ answer: ContributionAnswer) {
        guard let pending = task.pending.removeValue(forKey: ticket) else { return }
        task.ticketOfContribution[pending.contribution] = nil
        for reply in pending.replies { reply(answer) }
    }

    func notifyWork(_ numbers: [ParticipantNumber]) {
        environment.notify(.workChanged(numbers.map { journal.state.participants[Int($0)].key }))
    }

    private func submit(_ task: RunningTask, _ work: @escaping @Sendable () -> CoordinatorJobResult.Outcome) {
        let (id, generation) = (task.id, task.generation)
        environment.submit(
            CoordinatorJob(task: id) { CoordinatorJobResult(task: id, generation: generation, outcome: work()) })
    }
}
