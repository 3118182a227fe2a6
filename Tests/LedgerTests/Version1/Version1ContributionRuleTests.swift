import Attestation
import Ledger
import Testing

@Suite("Version 1: Which contributions count")
struct Version1ContributionRuleTests {
    /// A statement with some fields changed.
    private func statement(
        _ good: ContributionStatement,
        task: Digest? = nil,
        round: UInt32? = nil,
        key: PublicKey? = nil,
        baseModel: Digest? = nil,
        configuration: Digest? = nil,
        parameterCount: UInt64? = nil,
        sampleCount: UInt64? = nil,
        previous: Digest? = nil
    ) -> ContributionStatement {
        ContributionStatement(
            task: task ?? good.task,
            round: round ?? good.round,
            participantKey: key ?? good.participantKey,
            baseModel: baseModel ?? good.baseModel,
            configuration: configuration ?? good.configuration,
            update: good.update,
            parameterCount: parameterCount ?? good.parameterCount,
            sampleCount: sampleCount ?? good.sampleCount,
            stepCount: good.stepCount,
            nonce: good.nonce,
            previousContribution: previous ?? good.previousContribution,
            ledgerRootSeen: good.ledgerRootSeen
        )
    }

    @Test("Each thing a statement can have wrong has its code, and its reason for a refusal")
    func refusals() throws {
        var writer = try Version1Writer(participants: 3)
        let task = Version1Fixture.task()
        try writer.add(.taskOpened(task))
        let early = try writer.statement(0, task: task.task, round: 1)
        let now = writer.timeMs
        #expect(throws: LedgerError(.roundNotOpen, "")) { try LedgerRules.check(early, timeMs: now, writer.state) }
        try writer.openRound(task.task, cohort: [0, 1])
        let good = try writer.statement(0, task: task.task)
        let deadline = try #require(writer.state.tasks[task.task]?.round?.deadlineMs)
        #expect(try LedgerRules.check(good, timeMs: deadline, writer.state) == 0)
        let other = LedgerFixture.digest("another")
        let cases: [(ContributionStatement, LedgerError.Code, RefusalReason)] = [
            (statement(good, task: other), .unknownTask, .wrongTask),
            (statement(good, round: 0), .wrongRound, .staleRound),
            (statement(good, round: 2), .wrongRound, .staleRound),
            (statement(good, key: try LedgerFixture.key(2)), .notInvited, .notInvited),
            (statement(good, key: try LedgerFixture.key(9)), .unknownParticipant, .unknownParticipant),
            (statement(good, baseModel: other), .wrongModel, .wrongBaseModel),
            (statement(good, configuration: other), .wrongConfiguration, .wrongConfiguration),
            (statement(good, parameterCount: 7_851), .wrongParameterCount, .badShape),
            (statement(good, sampleCount: 0), .badSampleCount, .badSampleCount),
            (statement(good, sampleCount: LedgerLimits.totalWeight + 1), .badSampleCount, .badSampleCount),
            (statement(good, previous: other), .wrongPreviousContribution, .malformed),
        ]
        for (wrong, code, reason) in cases {
            do throws(LedgerError) {
                _ = try LedgerRules.check(wrong, timeMs: now, writer.state)
                Issue.record("\(wrong) was accepted")
            } catch {
                #expect(error.code == code)
                #expect(RefusalReason(error) == reason)
            }
            let body = EntryBody.contributionAccepted(
                try ContributionAccepted(wrong.signed(by: LedgerFixture.signingKey(0)))
            )
            let entry = try EncodedEntry(
                sequence: writer.state.count,
                previous: writer.state.head,
                timeMs: writer.timeMs,
                body: body
            )
            var state = writer.state
            #expect(throws: LedgerError(code, "")) { try LedgerRules.apply(entry, to: &state) }
        }
        #expect(throws: LedgerError(.lateContribution, "")) {
            try LedgerRules.check(good, timeMs: deadline + 1, writer.state)
        }
        try writer.accept(0, task: task.task)
        #expect(throws: LedgerError(.duplicateContribution, "")) {
            try LedgerRules.check(good, timeMs: now, writer.state)
        }
    }

    @Test("The total weight of a round stops at 2^29, to the example")
    func totalWeight() throws {
        var writer = try Version1Writer(participants: 3)
        let task = Version1Fixture.task(score: .samples)
        try writer.add(.taskOpened(task))
        try writer.openRound(task.task, cohort: [0, 1, 2])
        try writer.accept(0, task: task.task, samples: LedgerLimits.totalWeight - 7)
        #expect(throws: LedgerError(.badSampleCount, "")) { try writer.accept(1, task: task.task, samples: 8) }
        try writer.accept(1, task: task.task, samples: 7)
        #expect(throws: LedgerError(.badSampleCount, "")) { try writer.accept(2, task: task.task, samples: 1) }
        try writer.finishRound(task.task)
    }

    @Test("Each accepted statement names the one before it, across rounds and tasks")
    func statementChain() throws {
        var writer = try Version1Writer(participants: 1)
        let tasks = [Version1Fixture.task("one"), Version1Fixture.task("two")]
        for task in tasks { try writer.add(.taskOpened(task)) }
        var previous = Digest.zero
        for round in 0..<4 {
            let task = tasks[round % 2].task
            try writer.openRound(task, cohort: [0])
            let statement = try writer.statement(0, task: task)
            #expect(statement.previousContribution == previous)
            previous = statement.digest
            try writer.accept(0, task: task)
            #expect(writer.state.participants[0].lastContribution == previous)
            try writer.finishRound(task)
        }
        #expect(writer.state.participants[0].acceptedCount == 4)
    }
}
