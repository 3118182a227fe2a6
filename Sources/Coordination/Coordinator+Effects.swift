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
            case .check(let ticket, let contribution, let statement):
                let computation = task.computation
                submit(task) { () in
                    .checked(
                        ticket: ticket,
                        Result { () throws(CoordinationError) in
                            try computation.check(contribution, statement, ticket: ticket)
                        })
                }
            case .fold(let contribution):
                // The engine may be a round further already; a resumed round is not invited yet, but is the engine's.
                fold(contribution, round: task.invitation?.round ?? task.engine.round, of: task)
            case .refuse(let ticket, let reason, let detail): refuse(ticket, reason, detail, task)
            case .aggregate(let round, let accepted): aggregate(round, accepted, task)
            case .abandon(let round): try abandon(round, task)
            case .finish(_, _, let reason): try settleAndClose(task.id, reason)
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
            let hasScores = sealed.outcome == .aggregated && task.terms.score == .value && !task.terms.withholdsScores
            if !hasScores { announceSeal(task) }
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
            guard let known = journal.state.tasks[task.id]?.round?.accepted[number] else { return }
            let contribution = AcceptedContribution(ticket: ticket ?? 0, participant: number, known)
            afterwards.append { [weak self] in
                if let ticket { self?.answer(ticket, of: task, .accepted(sequence: sequence)) }
                self?.environment.notify(
                    .contributionAccepted(
                        task: task.id, round: entry.statement.round, contribution, sequence: sequence))
            }
        }
    }

    /// A participant that was invited and let the deadline pass missed a round. After too many in a row it is left out
    /// for a while.
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

    /// Reveals what was withheld, settles a task and closes it: payments, returns, and a snapshot of all balances.
    ///
    /// It may be called again where it ended early: it goes on from what the ledger shows.
    ///
    /// - Parameter reason: why the task ends; nil where that follows from its rounds, after a restart.
    /// - Returns: what keeps the task from ending; it is tried again later.
    @discardableResult
    func settleAndClose(
        _ id: Digest, _ reason: TaskClosed.Reason?
    ) throws(CoordinationError) -> CoordinationError? {
        try flush()
        guard let opened = journal.state.tasks[id] else { return nil }
        let secret: TaskSecret
        do throws(CoordinationError) {
            secret = try self.secret(of: opened)
            try reveal(id, secret)
        } catch {
            guard error.code != .ledgerFailed else { throw error }
            environment.notify(.taskFailed(task: id, error))
            guard let task = running[id] else { return error }
            task.failure = error
            task.closing = task.closing ?? reason
            task.retryAtMs = nowMs + CoordinationLimits.retryMs
            return error
        }
        do {
            guard let state = journal.state.tasks[id] else { return nil }
            var bodies = state.stage == .settled ? [] : try LedgerRules.settlement(of: id, journal.state)
            bodies.append(
                .taskClosed(
                    TaskClosed(
                        task: id, rounds: state.roundsFinished, model: state.model ?? .zero,
                        reason: reason ?? self.reason(state), secret: secret)))
            try journal.append(bodies, timeMs: nowMs)
            try journal.appendDue(timeMs: nowMs)
            try journal.append([.snapshot(journal.state.snapshot)], timeMs: nowMs)
            _ = try journal.checkpoint()
            announceClose(id, bodies)
        } catch {
            throw Self.ledgerFailed(error)
        }
        running[id] = nil
        return nil
    }

    private func announceClose(_ id: Digest, _ bodies: [EntryBody]) {
        for body in bodies {
            switch body {
            case .taskSettled(let settled): environment.notify(.taskSettled(task: id, settled))
            case .transfer(let transfer) where transfer.kind == .reward:
                environment.notify(.rewarded(task: id, transfer))
            case .taskClosed(let closed):
                afterwards.append { [environment] in
                    environment.notify(.taskClosed(task: id, closed))
                    environment.notify(.workChanged(nil))
                }
            default: break
            }
        }
    }

    /// Why a task ends that was settling when the process stopped: what its rounds and the time say.
    private func reason(_ state: TaskState) -> TaskClosed.Reason {
        guard let terms = state.opening.terms else { return .byOperator }
        if state.divergedInARow >= LedgerLimits.divergedRounds { return .diverged }
        if state.roundsFinished >= terms.roundCount || isAccurateEnough(state, terms) { return .completed }
        return nowMs > terms.closeByMs ? .closeBy : .byOperator
    }

    /// Whether the last round reached the accuracy at which the task's file says that it stops.
    private func isAccurateEnough(_ state: TaskState, _ terms: TaskTerms) -> Bool {
        let text = String(decoding: state.opening.configuration, as: UTF8.self)
        guard let configuration = try? TaskConfiguration(text: text) else { return false }
        let id = state.opening.task
        let plan = RoundEngine.Plan(task: id, configuration: configuration, terms: terms)
        guard let wanted = plan.stopAccuracyPpm, let last = index.lastAggregated[id]?.last,
            let reached = try? exactAccuracy(of: last, id, terms)
        else { return false }
        return reached >= wanted
    }

    /// Writes the exact metrics and scores of every withheld round, in order of rounds.
    private func reveal(_ id: Digest, _ secret: TaskSecret) throws(CoordinationError) {
        while let task = journal.state.tasks[id], let round = task.reveal?.round ?? task.waiting.first {
            let number = round.number
            let scored = try Self.scoredRound(
                keptRecord(.scores(round: number), of: task, "the scores of round \(number)"))
            let salt = secret.salt(round: number)
            // Written down first and found wrong by the rules, it could never be put right.
            guard scored.commitment(of: id, round: number, salt: salt) == round.seal.scoreCommitment else {
                throw CoordinationError(
                    .storageFailed, "the record of round \(number)'s scores is not what its seal committed to",
                    hint: "put the task's private records back as they were")
            }
            let revealed = RoundRevealed(task: id, round: number, salt: salt, metrics: scored.metrics)
            // The process may have stopped in the middle of a round's entries.
            var parts = scored.parts(of: id, round: number)
            if let begun = task.reveal {
                parts.removeFirst(begun.scores.count / LedgerLimits.scoreCount)
            } else {
                propose(.roundRevealed(revealed), timeMs: nowMs)
            }
            for part in parts { propose(.scores(part), timeMs: nowMs) }
            try flush()
            environment.notify(.roundRevealed(task: id, revealed, scores: scored.scores))
        }
    }

    /// A task's secret, from its record: the one that the task committed to.
    func secret(of task: TaskState) throws(CoordinationError) -> TaskSecret {
        let secret = try Self.secret(keptRecord(.secret, of: task, "the secret"))
        guard secret.commitment == task.opening.terms?.secretCommitment else {
            throw CoordinationError(
                .storageFailed, "the secret of task \(task.opening.task) is not the one that it committed to",
                hint: "put the task's private records back as they were")
        }
        return secret
    }

    /// A private record that must be there.
    private func keptRecord(
        _ record: TaskRecord, of task: TaskState, _ name: String
    ) throws(CoordinationError) -> [UInt8] {
        do throws(CoordinationError) {
            return try environment.vault.record(record, task: task.opening.task)
        } catch {
            guard error.code == .notFound else { throw error }
            throw CoordinationError(
                .storageFailed, "\(name) of task \(task.opening.task) is lost: \(error.message)",
                hint: "put the task's private records back; without them it can be neither run nor settled")
        }
    }

    static func secret(_ bytes: [UInt8]) throws(CoordinationError) -> TaskSecret {
        guard let value = try? Digest(bytes: bytes) else {
            throw CoordinationError(.storageFailed, "the task's secret has \(bytes.count) bytes, not 32")
        }
        return TaskSecret(value)
    }

    static func scoredRound(_ bytes: [UInt8]) throws(CoordinationError) -> WithheldScores {
        do { return try WithheldScores(decoding: bytes) } catch {
            throw CoordinationError(.storageFailed, "a record of scores cannot be read: \(error)")
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
