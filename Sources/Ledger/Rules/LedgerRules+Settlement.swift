package import Attestation
internal import Rewards

extension LedgerRules {
    static func apply(_ revealed: RoundRevealed, to state: inout LedgerState) throws(LedgerError) {
        let task = try openTask(revealed.task, state, allowing: [.running, .settling])
        guard task.round == nil else {
            throw LedgerError(.roundOpen, "round \(task.roundsFinished + 1) is not over; seal it first")
        }
        if let reveal = task.reveal {
            throw LedgerError(.wrongRound, "round \(reveal.round.number) is revealed and waits for its scores")
        }
        guard let next = task.waiting.first else {
            throw LedgerError(.notDue, "no sealed round of the task withholds its scores")
        }
        guard next.number == revealed.round else {
            throw LedgerError(.wrongRound, "round \(revealed.round) is revealed; round \(next.number) is next")
        }
        guard next.seal.metrics == revealed.metrics.rounded else {
            throw LedgerError(
                .wrongMetrics,
                "the revealed metrics of round \(next.number) do not round to those of its seal"
            )
        }
        state.tasks[revealed.task]?.stage = .settling
        state.tasks[revealed.task]?.waiting.removeFirst()
        state.tasks[revealed.task]?.reveal = RoundReveal(next, revealed)
    }

    static func apply(_ scores: RoundScores, to state: inout LedgerState) throws(LedgerError) {
        let isLast = try check(scores, state)
        let part = ScoreCommitment.digest(of: scores)
        if state.tasks[scores.task]?.reveal != nil {
            state.tasks[scores.task]?.reveal?.scores += scores.scores
            state.tasks[scores.task]?.reveal?.parts.append(part)
            if isLast { state.tasks[scores.task]?.endReveal() }
        } else {
            state.tasks[scores.task]?.round?.scores += scores.scores
            state.tasks[scores.task]?.round?.scoredCount += scores.scores.count
            if isLast { state.tasks[scores.task]?.endScoring() }
        }
    }

    /// Whether these are the last scores of their round.
    private static func check(_ scores: RoundScores, _ state: LedgerState) throws(LedgerError) -> Bool {
        let task = try openTask(scores.task, state, allowing: [.running, .settling])
        guard let expected = task.roundToScore else {
            throw LedgerError(.roundNotOpen, "scores of round \(scores.round), but no round waits for them")
        }
        guard scores.round == expected.number else {
            throw LedgerError(.wrongRound, "scores of round \(scores.round); round \(expected.number) waits for them")
        }
        let end = expected.scored + scores.scores.count
        guard (1...LedgerLimits.scoreCount).contains(scores.scores.count), end <= expected.participants.count else {
            throw LedgerError(
                .wrongScores,
                "\(scores.scores.count) scores where \(expected.participants.count - expected.scored) are missing"
            )
        }
        for (index, score) in scores.scores.enumerated() {
            let (participant, samples) = expected.place(expected.scored + index)
            guard score.participant == participant, score.samples == samples else {
                throw LedgerError(
                    .wrongScores,
                    "participant \(score.participant) (\(score.samples) examples) where \(participant)'s score belongs"
                )
            }
            guard [score.full, score.novel].allSatisfy({ $0.magnitude <= LedgerLimits.score.magnitude }) else {
                throw LedgerError(.scoreOverflow, "a score of participant \(participant) passes 2^62")
            }
        }
        let isLast = end == expected.participants.count
        if isLast, let reveal = task.reveal { try check(reveal, scores) }
        return isLast
    }

    /// Whether a revealed round hashes to its commitment, with its last scores.
    private static func check(_ reveal: RoundReveal, _ last: RoundScores) throws(LedgerError) {
        let digest = ScoreCommitment.digest(
            salt: reveal.revealed.salt,
            metrics: reveal.revealed.metrics,
            parts: reveal.parts + [ScoreCommitment.digest(of: last)]
        )
        guard digest == reveal.round.seal.scoreCommitment else {
            throw LedgerError(
                .wrongCommitment,
                "the revealed scores of round \(reveal.round.number) are not those that its seal committed to"
            )
        }
    }

    /// What a task whose rounds are all revealed pays: its settlement, and the transfers that are due after it.
    ///
    /// Complexity: O(n log n) in the scored participants.
    ///
    /// - Throws: `unknownTask`, `taskClosed`, `roundOpen` while a round is not over, or `revealDue` while scores are
    ///   withheld.
    package static func settlement(of id: Digest, _ state: LedgerState) throws(LedgerError) -> [EntryBody] {
        let task = try openTask(id, state, allowing: [.running, .settling])
        guard task.round == nil else {
            throw LedgerError(.roundOpen, "round \(task.roundsFinished + 1) is not over; seal and score it first")
        }
        if let number = task.reveal?.round.number ?? task.waiting.first?.number {
            throw LedgerError(.revealDue, "round \(number) must be revealed before the task is settled")
        }
        let numbers = task.merits.keys.sorted()
        let payment = task.settlement(holding: task.held(state), numbers)
        let settled = TaskSettled(
            task: id,
            lossBefore: task.firstLoss ?? 0,
            lossAfter: task.lastLoss ?? 0,
            pool: payment.pool,
            payable: payment.payable,
            paid: payment.paid
        )
        return [.taskSettled(settled)] + transfers(for: payment, to: numbers, of: task, state)
    }

    /// What moves the payments: with a sponsor first from the escrow to the pool.
    private static func transfers(
        for payment: TaskSettlement,
        to numbers: [ParticipantNumber],
        of task: TaskState,
        _ state: LedgerState
    ) -> [EntryBody] {
        func transfer(_ kind: Transfer.Kind, _ debit: AccountName, _ credit: AccountName, _ amount: UInt64) -> EntryBody
        {
            .transfer(
                Transfer(kind: kind, debit: debit, credit: credit, amount: amount, task: task.opening.task, period: 0)
            )
        }
        guard payment.paid > 0 else { return [] }
        let funding =
            task.opening.sponsor == nil ? [] : [transfer(.funding, task.escrow, task.pool, payment.paid)]
        return funding
            + zip(numbers, payment.payments).filter { $0.1 > 0 }.map { number, amount in
                transfer(.reward, task.pool, state.participants[Int(number)].account, amount)
            }
    }

    static func apply(_ settled: TaskSettled, to state: inout LedgerState) throws(LedgerError) {
        let bodies = try settlement(of: settled.task, state)
        guard bodies.first == .taskSettled(settled) else {
            throw LedgerError(
                .wrongSettlement,
                "the settlement is \(settled), but the entries give \(bodies.first.map { "\($0)" } ?? "none")"
            )
        }
        state.tasks[settled.task]?.stage = .settled
        state.tasks[settled.task]?.settled = settled
        state.enqueue(Array(bodies.dropFirst()))
    }

    static func apply(_ closed: TaskClosed, timeMs: UInt64, to state: inout LedgerState) throws(LedgerError) {
        let task = try openTask(closed.task, state, allowing: [.running, .settling, .settled])
        guard task.stage == .settled else {
            throw LedgerError(.settlementDue, "the task must be settled before it closes")
        }
        guard closed.rounds == task.roundsFinished else {
            throw LedgerError(.wrongCounts, "a close after \(closed.rounds) rounds; \(task.roundsFinished) are over")
        }
        guard closed.model == task.model ?? .zero else {
            throw LedgerError(
                .wrongModel,
                "a close with the model \(closed.model); the task's is \(task.model ?? .zero)"
            )
        }
        guard closed.secret?.commitment == task.opening.terms?.secretCommitment else {
            throw LedgerError(.wrongCommitment, "the revealed secret is not the one that the task committed to")
        }
        guard reasonHolds(closed.reason, task, timeMs: timeMs) else {
            throw LedgerError(
                .wrongOutcome,
                "the task closes as \(closed.reason.map { "\($0)" } ?? "nothing"), which the entries do not show"
            )
        }
        state.tasks[closed.task]?.stage = .closed
        state.enqueue(returns(of: task, state))
    }

    /// Whether the entries show the reason. The operator needs none.
    private static func reasonHolds(_ reason: TaskClosed.Reason?, _ task: TaskState, timeMs: UInt64) -> Bool {
        switch (reason, task.opening.terms) {
        case (.completed, let terms?):
            // Early only where the file's accuracy was reached, which the audit checks: the rules do not read the file.
            task.roundsFinished >= terms.roundCount || task.roundsAggregated > 0
        case (.closeBy, let terms?): timeMs > terms.closeByMs
        case (.diverged, _?): task.divergedInARow >= LedgerLimits.divergedRounds
        case (.byOperator, _?): true
        default: false
        }
    }
}

/// A round that waits for scores.
private struct RoundToScore {
    let number: UInt32
    let participants: [ParticipantNumber]
    let scored: Int
    /// The participant at a place, and its stated examples.
    let place: (Int) -> (ParticipantNumber, UInt64)
}

extension TaskState {
    fileprivate var roundToScore: RoundToScore? {
        if let reveal {
            let waiting = reveal.round
            return RoundToScore(
                number: waiting.number, participants: waiting.participants, scored: reveal.scores.count
            ) { (waiting.participants[$0], waiting.samples[$0]) }
        }
        guard let round, round.sealed != nil else { return nil }
        return RoundToScore(number: round.number, participants: round.toScore, scored: round.scores.count) {
            (round.toScore[$0], round.accepted[round.toScore[$0]]?.samples ?? 0)
        }
    }

    /// Counts a revealed round, which has all its scores.
    fileprivate mutating func endReveal() {
        guard let ended = reveal else { return }
        reveal = nil
        count(ended.revealed.metrics)
        count(ended.scores)
    }

    /// Counts a sealed round, which has all its scores.
    fileprivate mutating func endScoring() {
        guard let ended = round, let metrics = ended.sealed?.metrics else { return }
        round = nil
        roundsFinished += 1
        count(metrics)
        count(ended.scores)
    }

    /// Takes an aggregated round's exact losses.
    mutating func count(_ metrics: RoundMetrics) {
        if firstLoss == nil { firstLoss = metrics.validationLossBefore }
        lastLoss = metrics.validationLossAfter
    }

    /// Adds a round's scores to the merits: under `known` the full ones, under `open` the novel ones weighted by their
    /// agreement.
    private mutating func count(_ scores: [ContributionScore]) {
        guard let terms = opening.terms else { return }
        roundsCounted += 1
        if terms.paidRounds == .first, roundsCounted > 1 { return }
        let agreement = Agreement.share(of: scores.map(\.novel))
        for score in scores {
            let gain = terms.trust == .known ? score.full : Merit.gain(novel: score.novel, agreement: agreement)
            merits[score.participant, default: Merit()].add(gain)
        }
    }

    /// Adds a round's stated examples to the merits.
    mutating func count(samples: [UInt64], of participants: [ParticipantNumber], cap: UInt64) {
        roundsCounted += 1
        for (participant, samples) in zip(participants, samples) {
            merits[participant, default: Merit()].add(Int64(clamping: cap == 0 ? samples : min(samples, cap)))
        }
    }

    /// How what the task holds is divided among the participants with those numbers.
    fileprivate func settlement(holding pool: UInt64, _ numbers: [ParticipantNumber]) -> TaskSettlement {
        let merits = numbers.map { self.merits[$0]?.value ?? 0 }
        guard let terms = opening.terms, terms.score == .value else {
            return TaskSettlement(
                pool: pool,
                aggregatedRounds: roundsAggregated,
                roundCount: opening.terms?.roundCount ?? 1,
                merits: merits
            )
        }
        return TaskSettlement(
            pool: pool,
            lossBefore: firstLoss ?? 0,
            lossAfter: lastLoss ?? 0,
            targetDrop: terms.targetDrop,
            merits: merits
        )
    }
}
