internal import Attestation
internal import Rewards

// The checks return plain numbers and let go of the task before anything changes it: a copy held across the change
// would make Swift copy the round's dictionaries for each contribution.
extension LedgerRules {
    static func apply(
        _ opened: RoundOpened,
        timeMs: UInt64,
        to state: inout LedgerState
    ) throws(LedgerError) {
        let base = try check(opened, timeMs: timeMs, state)
        let units = state.tasks[opened.task].map { task in opened.cohort.map { task.units(of: $0, state) } } ?? []
        state.tasks[opened.task]?.boundBase = base
        state.tasks[opened.task]?.model = opened.baseModel
        state.tasks[opened.task]?.round = RoundState(opened, units: units)
    }

    /// The base of the round's norm bound.
    private static func check(
        _ opened: RoundOpened,
        timeMs: UInt64,
        _ state: LedgerState
    ) throws(LedgerError) -> UInt128? {
        let task = try openTask(opened.task, state)
        try checkTurn(of: opened, task, timeMs: timeMs)
        try checkCohort(opened.cohort, state)
        guard task.model == nil || opened.baseModel == task.model else {
            throw LedgerError(
                .wrongModel,
                "the round trains from \(opened.baseModel); the task's model is \(task.model ?? .zero)"
            )
        }
        guard opened.deadlineMs >= timeMs else {
            throw LedgerError(
                .badDeadline,
                "the deadline, \(opened.deadlineMs) ms, is before the entry's time, \(timeMs) ms"
            )
        }
        let bound = task.nextNormBound
        guard opened.boundSquared == bound?.squared else {
            throw LedgerError(
                .wrongBound,
                """
                a squared norm bound of \(opened.boundSquared.map { "\($0)" } ?? "none"); the rounds before give \
                \(bound.map { "\($0.squared)" } ?? "none")
                """
            )
        }
        return bound?.base
    }

    private static func checkTurn(of opened: RoundOpened, _ task: TaskState, timeMs: UInt64) throws(LedgerError) {
        guard task.round == nil else {
            throw LedgerError(.roundOpen, "round \(task.roundsFinished + 1) is not over; seal and score it first")
        }
        guard task.roundsFinished < .max, opened.round == task.roundsFinished + 1 else {
            throw LedgerError(
                .wrongRound,
                "round \(opened.round) is opened after \(task.roundsFinished) rounds"
            )
        }
        let roundCount = task.opening.terms?.roundCount ?? .max
        guard opened.round <= roundCount else {
            throw LedgerError(
                .wrongRound,
                "round \(opened.round) is opened in a task of \(roundCount); close the task"
            )
        }
        guard task.divergedInARow < LedgerLimits.divergedRounds else {
            throw LedgerError(
                .divergedTooOften,
                "\(task.divergedInARow) rounds in a row diverged; close the task"
            )
        }
        let closeByMs = task.opening.terms?.closeByMs ?? .max
        guard timeMs <= closeByMs else {
            throw LedgerError(.closeByPassed, "rounds could be opened until \(closeByMs) ms; close the task")
        }
    }

    /// What both versions ask of a cohort.
    static func checkCohort(_ cohort: [ParticipantNumber], _ state: LedgerState) throws(LedgerError) {
        guard (1...LedgerLimits.cohortCount).contains(cohort.count) else {
            throw LedgerError(
                .wrongCohort,
                "a cohort of \(cohort.count); 1 to \(LedgerLimits.cohortCount) are allowed"
            )
        }
        guard zip(cohort, cohort.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw LedgerError(.wrongCohort, "the cohort's numbers do not ascend")
        }
        guard let last = cohort.last, Int(last) < state.participants.count else {
            throw LedgerError(.wrongCohort, "the cohort names a participant who is not registered")
        }
    }

    static func apply(_ sealed: RoundSealed, to state: inout LedgerState) throws(LedgerError) {
        try check(sealed, state)
        state.tasks[sealed.task]?.seal(sealed)
    }

    private static func check(_ sealed: RoundSealed, _ state: LedgerState) throws(LedgerError) {
        let task = try openTask(sealed.task, state)
        guard let terms = task.opening.terms, let round = task.round, round.sealed == nil else {
            throw LedgerError(.roundNotOpen, "round \(sealed.round) is sealed, but no round is open")
        }
        guard sealed.round == round.number else {
            throw LedgerError(.wrongRound, "round \(sealed.round) is sealed; round \(round.number) is open")
        }
        guard Int(sealed.accepted) == round.accepted.count, sealed.totalWeight == round.totalWeight else {
            throw LedgerError(
                .wrongCounts,
                """
                a seal over \(sealed.accepted) contributions of weight \(sealed.totalWeight); the entries accepted \
                \(round.accepted.count) of weight \(round.totalWeight)
                """
            )
        }
        guard allowedOutcomes(of: round, quorum: task.opening.quorum).contains(sealed.outcome) else {
            throw LedgerError(
                .wrongOutcome,
                """
                the outcome is \(sealed.outcome) with \(round.accepted.count) of at least \(task.opening.quorum) \
                contributions, of weight \(round.totalWeight)
                """
            )
        }
        if sealed.outcome == .aggregated {
            try checkAggregated(sealed, terms)
        } else {
            try checkUnchanged(sealed, task)
        }
    }

    /// How the round may end now. Whether sums diverge is taken as stated; an audit computes them again.
    private static func allowedOutcomes(of round: RoundState, quorum: UInt32) -> [RoundSealed.Outcome] {
        if round.accepted.count < Int(quorum) { return [.noQuorum, .abandoned] }
        return round.totalWeight == 0 ? [.diverged, .abandoned] : [.aggregated, .diverged, .abandoned]
    }

    private static func checkAggregated(_ sealed: RoundSealed, _ terms: TaskTerms) throws(LedgerError) {
        guard let metrics = sealed.metrics else {
            throw LedgerError(.wrongOutcome, "an aggregated round without its metrics")
        }
        guard (sealed.aggregate != nil) == terms.scoresRounds else {
            let fault = terms.scoresRounds ? "without its aggregate" : "with an aggregate, of a task that scores none"
            throw LedgerError(.wrongOutcome, "an aggregated round \(fault)")
        }
        guard (sealed.scoreCommitment != nil) == terms.withholdsScores else {
            let fault =
                terms.withholdsScores ? "without a score commitment" : "with a commitment to scores that are open"
            throw LedgerError(.wrongCommitment, "an aggregated round \(fault)")
        }
        guard !terms.withholdsScores || metrics == metrics.rounded else {
            throw LedgerError(.wrongMetrics, "exact metrics of a round whose scores are withheld; round them")
        }
    }

    private static func checkUnchanged(_ sealed: RoundSealed, _ task: TaskState) throws(LedgerError) {
        guard sealed.aggregate == nil, sealed.metrics == nil, sealed.scoreCommitment == nil else {
            throw LedgerError(
                .wrongOutcome,
                "a round with the outcome \(sealed.outcome) that has an aggregate, metrics or a commitment"
            )
        }
        guard sealed.model == task.model, sealed.serverState == task.serverState else {
            throw LedgerError(
                .wrongModel,
                "a round with the outcome \(sealed.outcome) leaves the model and the server's state as they were"
            )
        }
    }
}

extension TaskState {
    /// Ends the open round, or makes it wait for its scores.
    fileprivate mutating func seal(_ sealed: RoundSealed) {
        guard let open = round else { return }
        let participants = open.accepted.keys.sorted()
        recentNorms.append(
            participants.compactMap { number in
                open.accepted[number].flatMap { accepted in
                    accepted.squaredNorm.map { UpdateNorm(squared: $0, units: accepted.units) }
                }
            }
        )
        recentNorms.removeFirst(max(0, recentNorms.count - NormBound.historyRounds))
        divergedInARow = sealed.outcome == .diverged ? divergedInARow + 1 : 0
        if sealed.outcome == .abandoned { stage = .settling }
        guard sealed.outcome == .aggregated, let terms = opening.terms else {
            round = nil
            roundsFinished += 1
            return
        }
        model = sealed.model
        serverState = sealed.serverState
        roundsAggregated += 1
        if terms.scoresRounds, !terms.withholdsScores {
            round?.sealed = sealed
            round?.toScore = participants
            return
        }
        let samples = participants.map { open.accepted[$0]?.samples ?? 0 }
        round = nil
        roundsFinished += 1
        if terms.withholdsScores {
            waiting.append(WaitingRound(seal: sealed, participants: participants, samples: samples))
        } else if let metrics = sealed.metrics {
            count(metrics)
            if terms.score == .samples { count(samples: samples, of: participants, cap: terms.samplesCap) }
        }
    }
}
