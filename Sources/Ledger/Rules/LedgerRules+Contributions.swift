package import Attestation
internal import Rewards

extension LedgerRules {
    static func apply(
        _ accepted: ContributionAccepted,
        timeMs: UInt64,
        to state: inout LedgerState
    ) throws(LedgerError) {
        let statement = accepted.statement
        let number = try check(statement, timeMs: timeMs, state)
        let counted = try contribution(accepted, of: number, state)
        let task = statement.task
        state.tasks[task]?.round?.accepted[number] = counted
        state.tasks[task]?.round?.updates.insert(counted.update)
        state.tasks[task]?.round?.totalWeight += counted.weight
        state.tasks[task]?.round?.totalUnits += UInt64(counted.units)
        state.participants[Int(number)].lastContribution = counted.statement
        state.participants[Int(number)].acceptedCount += 1
    }

    /// How the contribution counts.
    private static func contribution(
        _ accepted: ContributionAccepted,
        of number: ParticipantNumber,
        _ state: LedgerState
    ) throws(LedgerError) -> RoundState.Accepted {
        let statement = accepted.statement
        guard let task = state.tasks[statement.task], let round = task.round, let norm = accepted.squaredNorm,
            norm <= largestNorm(of: task.opening),
            let units = round.units(of: number),
            let weight = round.weight(of: number, squaredNorm: norm, samples: statement.sampleCount)
        else {
            throw LedgerError(
                .wrongNorm,
                "a squared norm of \(accepted.squaredNorm.map { "\($0)" } ?? "none"), which no update of the task has"
            )
        }
        return RoundState.Accepted(
            samples: statement.sampleCount,
            units: units,
            squaredNorm: norm,
            weight: weight,
            update: statement.update,
            statement: accepted.contribution.digest
        )
    }

    /// The squared norm of an update whose every integer is as large as the grid has it, below 2^24.
    private static func largestNorm(of task: TaskOpened) -> UInt128 {
        UInt128(task.parameterCount) * UInt128(0xFF_FFFF * 0xFF_FFFF)
    }

    /// The effective weight that an update would have in the open round, 0 or more; nil if no round is open or it does
    /// not invite the participant. Complexity: O(log cohort).
    package static func weight(
        of participant: ParticipantNumber,
        squaredNorm: UInt128,
        samples: UInt64,
        task: Digest,
        _ state: LedgerState
    ) -> UInt64? {
        guard let round = state.tasks[task]?.round, round.sealed == nil else { return nil }
        return round.weight(of: participant, squaredNorm: squaredNorm, samples: samples)
    }

    /// Judges a statement as if it were accepted at that time, without its signature and its update: what `apply` does
    /// to it.
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
        let number = try checkSender(statement, timeMs: timeMs, round, state)
        if isVersion1(state) {
            try Version1Rules.check(statement, of: task, round)
        } else {
            try checkContent(statement, task, round)
        }
        let previous = state.participants[Int(number)].lastContribution
        guard statement.previousContribution == previous else {
            throw LedgerError(
                .wrongPreviousContribution,
                "the statement follows \(statement.previousContribution); the last accepted one is \(previous)"
            )
        }
        return number
    }

    /// Whether the sender may contribute now.
    private static func checkSender(
        _ statement: ContributionStatement,
        timeMs: UInt64,
        _ round: RoundState,
        _ state: LedgerState
    ) throws(LedgerError) -> ParticipantNumber {
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
        return number
    }

    private static func checkContent(
        _ statement: ContributionStatement,
        _ task: TaskState,
        _ round: RoundState
    ) throws(LedgerError) {
        try checkTraining(statement, of: task, round)
        guard statement.possession != nil else {
            throw LedgerError(
                .malformedStatement,
                "the statement does not show that its sender has the update: 'possession' is missing"
            )
        }
        if round.updates.contains(statement.update) {
            throw LedgerError(
                .copied,
                "the update \(statement.update) was accepted from another participant of round \(round.number)"
            )
        }
        guard let terms = task.opening.terms, terms.usesSampleCounts else { return }
        var most = LedgerLimits.totalWeight
        if terms.weighting == .claimed {
            most -= round.totalWeight
            if terms.samplesCap > 0 { most = min(most, terms.samplesCap) }
        }
        guard statement.sampleCount >= 1, statement.sampleCount <= most else {
            throw LedgerError(
                .badSampleCount,
                "\(statement.sampleCount) examples; 1 to \(most) are allowed in this round"
            )
        }
    }

    /// What both versions ask about the training that a statement names.
    static func checkTraining(
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
    }
}
