internal import Attestation

// The checks return plain numbers and let go of the task before anything changes it: a copy held across the change
// would make Swift copy the round's dictionaries for each contribution.
extension LedgerRules {
    static func apply(
        _ opened: RoundOpened,
        timeMs: UInt64,
        to state: inout LedgerState
    ) throws(LedgerError) {
        let task = try openTask(opened.task, state)
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
                "the round trains from \(opened.baseModel); the task's model is \(task.model)"
            )
        }
        guard opened.deadlineMs >= timeMs else {
            throw LedgerError(
                .badDeadline,
                "the deadline, \(opened.deadlineMs) ms, is before the entry's time, \(timeMs) ms"
            )
        }
        guard (1...LedgerLimits.cohortCount).contains(opened.cohort.count) else {
            throw LedgerError(
                .wrongCohort,
                "a cohort of \(opened.cohort.count); 1 to \(LedgerLimits.cohortCount) are allowed"
            )
        }
        guard zip(opened.cohort, opened.cohort.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw LedgerError(.wrongCohort, "the cohort's numbers do not ascend")
        }
        guard let last = opened.cohort.last, Int(last) < state.participants.count else {
            throw LedgerError(.wrongCohort, "the cohort names a participant who is not registered")
        }
        state.tasks[opened.task]?.round = RoundState(opened)
    }

    static func apply(
        _ accepted: ContributionAccepted,
        timeMs: UInt64,
        to state: inout LedgerState
    ) throws(LedgerError) {
        let statement = accepted.statement
        let number = try check(statement, timeMs: timeMs, state)
        let digest = accepted.contribution.digest
        state.tasks[statement.task]?.round?.accepted[number] = RoundState.Accepted(
            samples: statement.sampleCount,
            update: statement.update,
            statement: digest
        )
        state.tasks[statement.task]?.round?.totalWeight += statement.sampleCount
        state.participants[Int(number)].lastContribution = digest
        state.participants[Int(number)].acceptedCount += 1
    }

    /// Judges a statement as if it were accepted at that time, without its signature: what `apply` does to it.
    ///
    /// Complexity: O(log cohort).
    ///
    /// - Returns: the participant's number.
    /// - Throws: the reason for which it would be refused; `RefusalReason(_:)` turns its code into a refusal's.
    package static func check(
        _ statement: ContributionStatement,
        timeMs: UInt64,
        _ state: LedgerState
    ) throws(LedgerError) -> ParticipantNumber {
        let task = try openTask(statement.task, state)
        guard let round = task.round, round.sealed == nil else {
            throw LedgerError(
                .roundNotOpen,
                "no round is open; the statement is for round \(statement.round)"
            )
        }
        guard statement.round == round.number else {
            throw LedgerError(
                .wrongRound,
                "the statement is for round \(statement.round); round \(round.number) is open"
            )
        }
        guard let number = state.numbers[statement.participantKey] else {
            throw LedgerError(.unknownParticipant, "\(statement.participantKey.did) is not registered")
        }
        guard round.invites(number) else {
            throw LedgerError(.notInvited, "participant \(number) is not in the cohort of round \(round.number)")
        }
        guard round.accepted[number] == nil else {
            throw LedgerError(
                .duplicateContribution,
                "participant \(number) has contributed to round \(round.number) already"
            )
        }
        guard timeMs <= round.deadlineMs else {
            throw LedgerError(
                .lateContribution,
                "accepted at \(timeMs) ms, past the deadline at \(round.deadlineMs) ms"
            )
        }
        try check(statement, of: task, round)
        let previous = state.participants[Int(number)].lastContribution
        guard statement.previousContribution == previous else {
            throw LedgerError(
                .wrongPreviousContribution,
                "the statement follows \(statement.previousContribution); the last accepted one is \(previous)"
            )
        }
        return number
    }

    private static func check(
        _ statement: ContributionStatement,
        of task: TaskState,
        _ round: RoundState
    ) throws(LedgerError) {
        guard statement.configuration == task.opening.task else {
            throw LedgerError(.wrongConfiguration, "the statement is for the configuration \(statement.configuration)")
        }
        guard statement.baseModel == round.baseModel else {
            throw LedgerError(
                .wrongModel,
                "trained from \(statement.baseModel); the round's model is \(round.baseModel)"
            )
        }
        guard statement.parameterCount == task.opening.parameterCount else {
            throw LedgerError(
                .wrongParameterCount,
                "an update of \(statement.parameterCount) parameters; the model has \(task.opening.parameterCount)"
            )
        }
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
        let task = try openTask(sealed.task, state)
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
            let isPath = task.opening.reward.score.isPath
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
        let task = try openTask(scores.task, state)
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
            guard let value = paid(score, by: task.opening.reward.score) else {
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
