internal import Attestation

// The checks return plain numbers and let go of the task before anything changes it: a copy held across the change
// would make Swift copy the round's dictionaries for each contribution.
extension Version1Rules {
    static func apply(
        _ opened: RoundOpened,
        timeMs: UInt64,
        to state: inout LedgerState
    ) throws(LedgerError) {
        let task = try LedgerRules.openTask(opened.task, state)
        guard task.round == nil else {
            throw LedgerError(.roundOpen, "round \(task.roundsFinished + 1) is not over; seal and score it first")
        }
        guard task.roundsFinished < .max, opened.round == task.roundsFinished + 1 else {
            throw LedgerError(
                .wrongRound,
                "round \(opened.round) is opened after \(task.roundsFinished) rounds"
            )
        }
        guard opened.baseModel == task.model else {
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
        try LedgerRules.checkCohort(opened.cohort, state)
        state.tasks[opened.task]?.round = RoundState(opened, units: [])
    }

    static func apply(
        _ accepted: ContributionAccepted,
        timeMs: UInt64,
        to state: inout LedgerState
    ) throws(LedgerError) {
        let statement = accepted.statement
        let number = try LedgerRules.check(statement, timeMs: timeMs, state)
        let digest = accepted.contribution.digest
        state.tasks[statement.task]?.round?.accepted[number] = RoundState.Accepted(
            samples: statement.sampleCount,
            units: 0,
            squaredNorm: nil,
            weight: statement.sampleCount,
            update: statement.update,
            statement: digest
        )
        state.tasks[statement.task]?.round?.totalWeight += statement.sampleCount
        state.participants[Int(number)].lastContribution = digest
        state.participants[Int(number)].acceptedCount += 1
    }

    /// What version 1 asks of a statement beside its sender and its predecessor.
    static func check(
        _ statement: ContributionStatement,
        of task: TaskState,
        _ round: RoundState
    ) throws(LedgerError) {
        try LedgerRules.checkTraining(statement, of: task, round)
        let room = LedgerLimits.totalWeight - round.totalWeight
        guard statement.sampleCount >= 1, statement.sampleCount <= room else {
            throw LedgerError(
                .badSampleCount,
                "\(statement.sampleCount) examples; 1 to \(room) are allowed in this round"
            )
        }
    }

    static func apply(_ sealed: RoundSealed, to state: inout LedgerState) throws(LedgerError) {
        try check(sealed, state)
        guard sealed.outcome == .aggregated else {
            state.tasks[sealed.task]?.round = nil
            state.tasks[sealed.task]?.roundsFinished += 1
            state.enqueue(roundEnd(of: sealed.task, funding: 0, state))
            return
        }
        state.tasks[sealed.task]?.model = sealed.model
        state.tasks[sealed.task]?.serverState = sealed.serverState
        state.tasks[sealed.task]?.round?.sealed = sealed
        let toScore = state.tasks[sealed.task]?.round?.accepted.keys.sorted() ?? []
        state.tasks[sealed.task]?.round?.toScore = toScore
    }

    private static func check(_ sealed: RoundSealed, _ state: LedgerState) throws(LedgerError) {
        let task = try LedgerRules.openTask(sealed.task, state)
        guard let round = task.round, round.sealed == nil else {
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
        let hasQuorum = round.accepted.count >= Int(task.opening.quorum)
        guard hasQuorum == (sealed.outcome == .aggregated) else {
            throw LedgerError(
                .wrongOutcome,
                "the outcome is \(sealed.outcome) with \(round.accepted.count) of at least \(task.opening.quorum)"
            )
        }
        guard sealed.outcome == .noQuorum else {
            guard sealed.metrics != nil else {
                throw LedgerError(.wrongOutcome, "an aggregated round without its metrics")
            }
            let isPath = task.reward.score.isPath
            guard (sealed.aggregate != nil) == isPath else {
                let fault = isPath ? "without its aggregate" : "with an aggregate, of a task that pays by samples"
                throw LedgerError(.wrongOutcome, "an aggregated round \(fault)")
            }
            return
        }
        guard sealed.aggregate == nil, sealed.metrics == nil else {
            throw LedgerError(.wrongOutcome, "a round without quorum that has an aggregate or metrics")
        }
        guard sealed.model == task.model, sealed.serverState == task.serverState else {
            throw LedgerError(
                .wrongModel,
                "a round without quorum leaves the model and the server's state as they were"
            )
        }
    }

    static func apply(_ scores: RoundScores, to state: inout LedgerState) throws(LedgerError) {
        let (sums, isLast) = try check(scores, state)
        for (score, sum) in zip(scores.scores, sums) {
            state.tasks[scores.task]?.scoreSums[score.participant] = sum
        }
        state.tasks[scores.task]?.round?.scoredCount += scores.scores.count
        guard isLast else { return }
        state.tasks[scores.task]?.round = nil
        state.tasks[scores.task]?.roundsFinished += 1
        state.enqueue(roundEnd(of: scores.task, funding: funding(of: scores.task, state), state))
    }

    /// The new sums in the order of the scores, and whether all are in.
    private static func check(
        _ scores: RoundScores,
        _ state: LedgerState
    ) throws(LedgerError) -> (sums: [Int64], isLast: Bool) {
        let task = try LedgerRules.openTask(scores.task, state)
        guard let round = task.round, round.sealed != nil else {
            throw LedgerError(
                .roundNotOpen,
                "scores of round \(scores.round), but no round is sealed and waits for them"
            )
        }
        guard scores.round == round.number else {
            throw LedgerError(.wrongRound, "scores of round \(scores.round); round \(round.number) waits for them")
        }
        let end = round.scoredCount + scores.scores.count
        guard (1...LedgerLimits.scoreCount).contains(scores.scores.count), end <= round.toScore.count else {
            throw LedgerError(
                .wrongScores,
                "\(scores.scores.count) scores where \(round.toScore.count - round.scoredCount) are missing"
            )
        }
        var sums: [Int64] = []
        sums.reserveCapacity(scores.scores.count)
        for (score, participant) in zip(scores.scores, round.toScore[round.scoredCount..<end]) {
            guard score.participant == participant, score.samples == round.accepted[participant]?.samples else {
                throw LedgerError(
                    .wrongScores,
                    "participant \(score.participant) (\(score.samples) examples) where \(participant)'s score belongs"
                )
            }
            guard let value = paid(score, by: task.reward.score) else {
                throw LedgerError(.scoreOverflow, "a score of participant \(participant) passes 64 bits")
            }
            let (sum, overflow) = (task.scoreSums[participant] ?? 0).addingReportingOverflow(value)
            guard !overflow else {
                throw LedgerError(.scoreOverflow, "the sum of participant \(participant)'s scores passes 64 bits")
            }
            sums.append(sum)
        }
        return (sums, end == round.toScore.count)
    }

    /// The part of a score that the rule pays for.
    private static func paid(_ score: ContributionScore, by rule: RewardRule.Score) -> Int64? {
        switch rule {
        case .samples: Int64(exactly: score.samples)
        case .path: score.full
        case .pathNovel: score.novel
        }
    }
}
