import Attestation
import Federation
package import Ledger

extension Coordinator {
    /// Whether a key may upload this now: it is invited to the open round, and the update has the model's size.
    ///
    /// - Throws: `notRegistered`, `banned`, `conflict`, `wrongDigest` or `limitExceeded`.
    package func checkUpload(_ plan: UploadPlan, nowMs: UInt64) throws(CoordinationError) {
        setTime(nowMs)
        guard let number = journal.state.numbers[plan.participant] else { throw Self.notRegistered(plan.participant) }
        guard !membership.members[Int(number)].isBanned else {
            throw CoordinationError(.banned, "\(plan.participant.did) is banned", hint: "ask the operator why")
        }
        _ = try heard(of: number)
        guard let task = running[plan.task] else {
            throw CoordinationError(.conflict, "the task \(plan.task) is not open")
        }
        let isMissing = task.missing[number]?.update == plan.digest && task.heldRound == plan.round
        let isWanted = task.invitation?.round == plan.round && task.wants(number)
        guard isMissing || isWanted else {
            throw CoordinationError(
                .conflict, "participant \(number) is not to send an update for round \(plan.round) of \(plan.task) now")
        }
        guard plan.byteCount == task.blob.byteCount else {
            throw CoordinationError(
                .conflict, "an update of \(plan.byteCount) bytes; the task's have \(task.blob.byteCount)")
        }
        guard plan.chunkHashes.count == BlobDigest.chunkCount(ofByteCount: plan.byteCount),
            BlobDigest.digest(ofChunkHashes: plan.chunkHashes) == plan.digest
        else { throw CoordinationError(.wrongDigest, "the chunk hashes do not give the digest \(plan.digest)") }
    }

    /// Takes a contribution whose update was uploaded.
    ///
    /// The reply comes once: when the entry that accepts or refuses it is durable, or at once where nothing is written.
    /// The same contribution sent again has the same answer, whenever that is. A refusal is booked only under the key
    /// of a participant that signed the statement.
    ///
    /// - Throws: `ledgerFailed`.
    package func submit(
        _ contribution: SignedContribution, nowMs: UInt64, reply: @escaping @Sendable (ContributionAnswer) -> Void
    ) throws(CoordinationError) {
        setTime(nowMs)
        let statement: ContributionStatement
        do { statement = try ContributionStatement(decoding: contribution.statementBytes) } catch {
            return reply(.refused(reason: RefusalReason.malformed.name, detail: error.message))
        }
        // Nothing is booked under a key before its signature is seen: anybody can name another's.
        guard contribution.isSigned(by: statement.participantKey) else {
            let detail = "the signature is not \(statement.participantKey.did)'s"
            return reply(.refused(reason: RefusalReason.badSignature.name, detail: detail))
        }
        guard let number = journal.state.numbers[statement.participantKey] else {
            let detail = "\(statement.participantKey.did) is not registered"
            return reply(.refused(reason: RefusalReason.unknownParticipant.name, detail: detail))
        }
        _ = try heard(of: number)
        if let sequence = index.sequenceOfContribution[contribution.bindingDigest] {
            refold(statement)
            return reply(.accepted(sequence: sequence))
        }
        guard let task = running[statement.task] else {
            let detail = "the task \(statement.task) is not open"
            return reply(.refused(reason: RefusalReason.wrongTask.name, detail: detail))
        }
        if let failure = task.failure { return reply(.unavailable(failure.message)) }
        if let ticket = task.ticketOfContribution[contribution], var pending = task.pending[ticket] {
            guard pending.replies.count < CoordinationLimits.repliesPerContribution else {
                return reply(.unavailable("it is being checked already"))
            }
            pending.replies.append(reply)
            task.pending[ticket] = pending
            return
        }
        if task.invitation?.round == statement.round,
            !environment.vault.hasUpload(
                task: task.id, round: statement.round, digest: statement.update, by: statement.participantKey)
        {
            return reply(.incomplete)
        }
        let ticket = nextTicket
        nextTicket += 1
        task.ticketOfContribution[contribution] = ticket
        task.pending[ticket] = RunningTask.PendingContribution(
            contribution: contribution, participant: statement.participantKey, update: statement.update,
            replies: [reply])
        try handle(
            .received(statement: contribution.statementBytes, signature: contribution.signature, ticket: ticket),
            for: task)
    }

    /// Tries again to fold an accepted update whose bytes were gone, now that they were sent again.
    private func refold(_ statement: ContributionStatement) {
        guard let task = running[statement.task], let number = journal.state.numbers[statement.participantKey],
            let contribution = task.missing[number], contribution.update == statement.update,
            let round = task.heldRound,
            environment.vault.hasUpload(
                task: task.id, round: round, digest: statement.update, by: statement.participantKey)
        else { return }
        task.missing[number] = nil
        fold(contribution, round: round, of: task)
    }

    /// Takes the result of a job.
    ///
    /// - Throws: `ledgerFailed`.
    package func complete(_ result: CoordinatorJobResult, nowMs: UInt64) throws(CoordinationError) {
        setTime(nowMs)
        guard let task = running[result.task], task.generation == result.generation else { return }
        switch result.outcome {
        case .checked(let ticket, .success(let verdict)):
            try handle(.checked(ticket: ticket, verdict: inTime(verdict, task)), for: task)
        case .checked(let ticket, .failure(let error)):
            answer(ticket, of: task, .unavailable(error.message))
            try handle(.withdrawn(ticket: ticket), for: task)
        case .folded(let contribution, let round, .success(let isThere)):
            task.foldsUnderway -= 1
            // Of a round that was given up meanwhile nothing is missing any more.
            if !isThere, round == task.heldRound {
                task.missing[contribution.participant] = contribution
                notifyWork([contribution.participant])
            }
            aggregateIfReady(task)
        case .aggregated(.success(let round)):
            task.isAggregating = false
            try handle(.aggregated(round), for: task)
        case .folded(_, _, .failure(let error)), .aggregated(.failure(let error)), .done(.failure(let error)):
            fail(task, error)
        case .done(.success): break
        }
    }

    /// The ledger's time may be past the deadline by entries of other tasks: then what was checked comes too late.
    private func inTime(_ verdict: UpdateVerdict, _ task: RunningTask) -> UpdateVerdict {
        guard case .sound = verdict, let deadlineMs = task.invitation?.deadlineMs, journal.state.lastTimeMs > deadlineMs
        else {
            return verdict
        }
        return .refused(.late, detail: "its check ended after the deadline")
    }

    /// Stops a task that cannot go on; if its disk failed, for a while.
    func fail(_ task: RunningTask, _ error: CoordinationError) {
        task.failure = error
        if error.code == .storageFailed || error.code == .diskFull {
            task.retryAtMs = nowMs + CoordinationLimits.retryMs
        }
        for ticket in task.pending.keys.sorted() { answer(ticket, of: task, .unavailable(error.message)) }
        environment.notify(.taskFailed(task: task.id, error))
    }

    /// Fires the timers that are due.
    ///
    /// - Returns: when to call it again at the latest; nil if nothing is waited for.
    /// - Throws: `ledgerFailed`.
    package func advance(nowMs: UInt64) throws(CoordinationError) -> UInt64? {
        setTime(nowMs)
        for id in journal.state.taskOrder {
            if let task = running[id], let retryAtMs = task.retryAtMs, self.nowMs >= retryAtMs { try takeUpAgain(task) }
            if try closeIfDue(id) { continue }
            guard let task = running[id], task.failure == nil else { continue }
            if let deadlineMs = task.deadlineMs, self.nowMs > deadlineMs, let round = task.invitation?.round {
                task.deadlineMs = nil
                try handle(.deadlinePassed(round: round), for: task)
            }
        }
        try startWaitingTasks()
        var next = membership.nextReturnMs(after: self.nowMs)
        for id in journal.state.taskOrder {
            guard let state = journal.state.tasks[id], state.stage != .closed, let terms = state.opening.terms,
                terms.closeByMs < .max, running[id].map({ $0.failure != nil }) ?? true
            else { continue }
            let due = max(terms.closeByMs + 1, closeRetries[id] ?? 0)
            next = min(next ?? due, due)
        }
        for task in running.values {
            if let retryAtMs = task.retryAtMs { next = min(next ?? retryAtMs, retryAtMs) }
            guard task.failure == nil else { continue }
            let gathering = task.invitation == nil ? task.gatherUntilMs.flatMap { $0 > self.nowMs ? $0 : nil } : nil
            for due in [task.deadlineMs.map { $0 + 1 }, gathering, task.terms.closeByMs + 1] {
                if let due { next = min(next ?? due, due) }
            }
        }
        // On the caller's clock, which may be behind the ledger's.
        return next.map { nowMs + ($0 - min($0, self.nowMs)) }
    }

    /// Closes a task whose time is over, also one that stands still. One that cannot be settled is tried again later.
    ///
    /// - Returns: whether its time is over, so that nothing else is to be done with it now.
    private func closeIfDue(_ id: Digest) throws(CoordinationError) -> Bool {
        guard let state = journal.state.tasks[id], state.stage != .closed, let terms = state.opening.terms,
            nowMs > terms.closeByMs, nowMs >= closeRetries[id] ?? 0
        else { return false }
        let task = running[id]
        if task?.isAggregating == true, task?.failure == nil { return false }
        closeRetries[id] = nowMs + CoordinationLimits.retryMs
        guard let task else {
            do throws(CoordinationError) { try closeUnattended(state, .closeBy) } catch {
                guard error.code != .ledgerFailed else { throw error }
                environment.notify(.taskFailed(task: id, error))
            }
            return true
        }
        try close(task, .closeBy)
        return true
    }
}
