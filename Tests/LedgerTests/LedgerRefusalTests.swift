import Attestation
import Ledger
import Testing

@Suite("What the rules refuse, by code")
struct LedgerRefusalTests {
    /// Expects that a body is refused and changes nothing.
    private func expect(
        _ code: LedgerError.Code,
        _ body: EntryBody,
        after writer: HistoryWriter,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var state = writer.state
        let entry = try EncodedEntry(
            sequence: state.count, previous: state.head, timeMs: state.lastTimeMs, body: body)
        do throws(LedgerError) {
            try LedgerRules.apply(entry, to: &state)
            Issue.record("\(body) was accepted", sourceLocation: sourceLocation)
        } catch {
            #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
            #expect(error.sequence == state.count, sourceLocation: sourceLocation)
        }
        #expect(state.tasks == writer.state.tasks && state.head == writer.state.head, sourceLocation: sourceLocation)
        #expect(state.participants == writer.state.participants, sourceLocation: sourceLocation)
    }

    /// A log with a task and its open round.
    private func running(_ terms: TaskTerms? = nil, quorum: UInt32 = 1) throws -> (HistoryWriter, Digest) {
        var writer = try HistoryWriter(participants: 3)
        let task = LedgerFixture.task("task", terms, quorum: quorum)
        try writer.open(task)
        try writer.openRound(task.task, cohort: [0, 1])
        return (writer, task.task)
    }

    @Test("Terms that make no sense, or do not go together")
    func terms() throws {
        let writer = try HistoryWriter(participants: 1)
        typealias Fixture = LedgerFixture
        for terms in [
            Fixture.terms(roundCount: 0), Fixture.terms(roundCount: 65_537), Fixture.terms(pool: 0),
            Fixture.terms(score: .none, pool: 1), Fixture.terms(targetDrop: 0), Fixture.terms(targetDrop: 1 << 63),
            Fixture.terms(sponsor: .issuance), Fixture.terms(bound: 0), Fixture.terms(bound: (1 << 96) + 1),
            Fixture.terms(bound: nil), Fixture.terms(history: 4), Fixture.terms(closeByMs: 5),
            Fixture.terms(score: .samples, paidRounds: .first), Fixture.terms(trust: .open, score: .samples),
            Fixture.terms(trust: .open, weighting: .claimed), Fixture.terms(trust: .open, disclosure: .live),
        ] { try expect(.badTask, .taskOpened(Fixture.task("task", terms)), after: writer) }
        let old = TaskOpened(
            task: Version1Fixture.task().task, configuration: Version1Fixture.task().configuration,
            initialModel: .zero, parameterCount: 1, gridFractionBits: 24, validationRoot: .zero,
            reward: RewardRule(score: .path, poolPerRound: 1, epochRounds: 1), quorum: 1)
        try expect(.otherRules, .taskOpened(old), after: writer)
        let epoch = EpochSettled(task: .zero, epoch: 1, lastRound: 0, pool: 0, paid: 0, carried: 0)
        try expect(.otherRules, .epochSettled(epoch), after: writer)
    }

    @Test("Promises that nobody has the money for")
    func unfunded() throws {
        let writer = try HistoryWriter(participants: 1)
        let sponsor = try LedgerFixture.sponsor()
        for terms in [
            LedgerFixture.terms(pool: 50_000_001, sponsor: sponsor),
            LedgerFixture.terms(pool: LedgerFixture.cap - 50_000_000 + 1),
            LedgerFixture.terms(pool: 1, sponsor: try AccountName("sponsor/nobody")),
        ] { try expect(.unfunded, .taskOpened(LedgerFixture.task("task", terms)), after: writer) }
        for terms in [
            LedgerFixture.terms(pool: 50_000_000, sponsor: sponsor),
            LedgerFixture.terms(pool: LedgerFixture.cap - 50_000_000),
        ] {
            var writer = writer
            try writer.open(LedgerFixture.task("task", terms))
        }
    }

    @Test("Units outside 1 to 8, and changes out of their order")
    func units() throws {
        var writer = try HistoryWriter(participants: 1)
        let key = try LedgerFixture.key(1)
        try expect(.badUnits, .participantRegistered(ParticipantRegistered(publicKey: key, units: 9)), after: writer)
        func assigned(_ units: UInt32, _ change: UInt32 = 0, to number: ParticipantNumber = 0) -> EntryBody {
            .unitsAssigned(UnitsAssigned(participant: number, units: units, change: change))
        }
        for units in [UInt32(0), 9, .max] { try expect(.badUnits, assigned(units), after: writer) }
        try expect(.badUnits, assigned(4, 1), after: writer)
        try expect(.unknownParticipant, assigned(4, to: 1), after: writer)
        let unknown = UnitsAssigned(task: .zero, participant: 0, units: 4, change: 0)
        try expect(.unknownTask, .unitsAssigned(unknown), after: writer)
        for units in [UInt32(8), 4, 8, 4] { try writer.assign(units, to: 0) }
        #expect(writer.state.participants[0].units == 4)
    }

    @Test("Rounds with another bound, model, number or cohort, or opened too late")
    func rounds() throws {
        var writer = try HistoryWriter(participants: 2)
        let task = LedgerFixture.task("task", LedgerFixture.terms(closeByMs: writer.timeMs + 50))
        try writer.open(task)
        let bound = LedgerFixture.bound * 9 / 4
        func round(
            _ number: UInt32 = 1, model: Digest = .zero, deadline: UInt64 = .max,
            cohort: [ParticipantNumber] = [0], bound: UInt128? = bound
        ) -> EntryBody {
            .roundOpened(
                RoundOpened(
                    task: task.task, round: number, baseModel: model, deadlineMs: deadline, cohort: cohort,
                    boundSquared: bound))
        }
        try expect(.wrongBound, round(bound: nil), after: writer)
        try expect(.wrongBound, round(bound: bound - 1), after: writer)
        try expect(.wrongRound, round(2), after: writer)
        try expect(.badDeadline, round(deadline: 5), after: writer)
        for cohort in [[], [0, 0], [1, 0], [2]] as [[ParticipantNumber]] {
            try expect(.wrongCohort, round(cohort: cohort), after: writer)
        }
        try writer.round(task.task, [0])
        try expect(.wrongModel, round(2), after: writer)
        writer.timeMs += 100
        #expect(throws: LedgerError(.closeByPassed, "")) { try writer.openRound(task.task, cohort: [0]) }
        #expect(writer.state.tasks[task.task]?.mayOpenRound(timeMs: writer.timeMs) == false)
        try writer.close(task.task, .closeBy)
    }

    @Test("A round beyond those of the terms, whatever came of the rounds before it")
    func roundsBeyondTerms() throws {
        var writer = try HistoryWriter(participants: 2)
        let task = LedgerFixture.task("task", LedgerFixture.terms(roundCount: 3))
        try writer.open(task)
        // One round without quorum, one that diverges, one that is averaged.
        try writer.openRound(task.task, cohort: [0, 1])
        try writer.finishRound(task.task)
        try writer.openRound(task.task, cohort: [0, 1])
        try writer.accept(0, task: task.task)
        try writer.finishRound(task.task, .diverged)
        #expect(writer.state.tasks[task.task]?.mayOpenRound(timeMs: writer.timeMs) == true)
        try writer.round(task.task, [0])
        #expect(writer.state.tasks[task.task]?.mayOpenRound(timeMs: writer.timeMs) == false)
        let state = try #require(writer.state.tasks[task.task])
        let fourth = RoundOpened(
            task: task.task, round: 4, baseModel: try #require(state.model), deadlineMs: .max, cohort: [0, 1],
            boundSquared: state.nextBound)
        try expect(.wrongRound, .roundOpened(fourth), after: writer)
        try writer.close(task.task, .completed)
    }

    @Test("Contributions that are copied, show no possession, or have an impossible norm")
    func contributions() throws {
        var (writer, task) = try running()
        let good = try writer.statement(1, task: task)
        let update = try writer.statement(0, task: task).update
        func accepted(_ statement: ContributionStatement, _ norm: UInt128?) throws -> EntryBody {
            .contributionAccepted(
                try ContributionAccepted(statement.signed(by: LedgerFixture.signingKey(1)), squaredNorm: norm))
        }
        try expect(.otherRules, try accepted(good, nil), after: writer)
        try expect(.wrongNorm, try accepted(good, 7_850 * (1 << 48)), after: writer)
        let bare = ContributionStatement(
            task: task, round: 1, participantKey: good.participantKey, baseModel: good.baseModel, configuration: task,
            update: good.update, parameterCount: good.parameterCount, sampleCount: 1, stepCount: 1, nonce: good.nonce,
            previousContribution: .zero, ledgerRootSeen: .zero)
        try expect(.otherRules, try accepted(bare, 1), after: writer)
        #expect(throws: LedgerError(.malformedStatement, "")) {
            try LedgerRules.check(bare, timeMs: writer.timeMs, writer.state)
        }
        try writer.accept(0, task: task)
        let copy = try writer.statement(1, task: task, update: update)
        try expect(.copied, try accepted(copy, 1), after: writer)
        do throws(LedgerError) {
            _ = try LedgerRules.check(copy, timeMs: writer.timeMs, writer.state)
            Issue.record("the copy was not refused")
        } catch { #expect(RefusalReason(error) == .copied) }
        try writer.refuse(1, task: task, .copied)
        // Outside samples and claimed weights the stated examples are information.
        try writer.accept(1, task: task, samples: 0)
        try writer.finishRound(task)
        // The next round knows nothing of the last one's updates.
        try writer.openRound(task, cohort: [1])
        try writer.accept(1, task: task, update: update)
    }

    @Test("Seals with another outcome, weight, metrics or commitment")
    func seals() throws {
        var (writer, task) = try running(quorum: 2)
        func seal(
            _ outcome: RoundSealed.Outcome, _ good: RoundSealed, weight: UInt64? = nil, aggregate: Digest?,
            model: Digest? = nil, metrics: RoundMetrics?, commitment: Digest?
        ) -> EntryBody {
            .roundSealed(
                RoundSealed(
                    task: task, round: good.round, outcome: outcome, accepted: good.accepted,
                    totalWeight: weight ?? good.totalWeight, aggregate: aggregate, model: model ?? good.model,
                    serverState: good.serverState, metrics: metrics, scoreCommitment: commitment))
        }
        try writer.accept(0, task: task)
        for outcome in [RoundSealed.Outcome.aggregated, .diverged] {
            try expect(.wrongOutcome, .roundSealed(try writer.seal(task, outcome)), after: writer)
        }
        let none = try writer.seal(task)
        try expect(
            .wrongModel, seal(.noQuorum, none, aggregate: nil, model: .zero, metrics: nil, commitment: nil),
            after: writer)
        try expect(
            .wrongOutcome, seal(.abandoned, none, aggregate: nil, metrics: nil, commitment: .zero), after: writer)
        try writer.accept(1, task: task)
        try expect(.wrongOutcome, .roundSealed(try writer.seal(task, .noQuorum)), after: writer)
        let good = try writer.seal(task)
        let (sums, rounded, commitment) = (good.aggregate, good.metrics, good.scoreCommitment)
        for (code, body) in [
            (
                .wrongCounts,
                seal(.aggregated, good, weight: 1, aggregate: sums, metrics: rounded, commitment: commitment)
            ),
            (.wrongOutcome, seal(.aggregated, good, aggregate: nil, metrics: rounded, commitment: commitment)),
            (.wrongOutcome, seal(.aggregated, good, aggregate: sums, metrics: nil, commitment: commitment)),
            (.wrongCommitment, seal(.aggregated, good, aggregate: sums, metrics: rounded, commitment: nil)),
            (
                .wrongMetrics,
                seal(.aggregated, good, aggregate: sums, metrics: LedgerFixture.metrics, commitment: commitment)
            ),
        ] as [(LedgerError.Code, EntryBody)] { try expect(code, body, after: writer) }
        try writer.add(.roundSealed(good))
        try expect(.roundNotOpen, .roundSealed(good.with(round: 1)), after: writer)
    }

    @Test("Reveals out of order, with other metrics, another salt or other scores")
    func reveals() throws {
        var (writer, task) = try running()
        for number in 0..<2 { try writer.accept(number, task: task) }
        try writer.finishRound(task)
        try writer.openRound(task, cohort: [0])
        let rounds = try #require(writer.withheld[task])
        try expect(.roundOpen, .roundRevealed(writer.revealed(rounds[0], task: task)), after: writer)
        try expect(.roundNotOpen, .scores(rounds[0].parts[0]), after: writer)
        try writer.accept(0, task: task)
        try writer.finishRound(task)
        let both = try #require(writer.withheld[task])
        try expect(.wrongRound, .roundRevealed(writer.revealed(both[1], task: task)), after: writer)
        try expect(.settlementDue, .taskClosed(try writer.closing(task)), after: writer)
        let worse = RoundMetrics(
            validationLossBefore: 1, validationLossAfter: 1, testAccuracyPpm: 1, testLoss: 1, scoreGap: 1)
        try expect(.wrongMetrics, .roundRevealed(writer.revealed(both[0], task: task, metrics: worse)), after: writer)
        // The same when rounded, so that only the commitment tells them apart.
        let near = RoundMetrics(
            validationLossBefore: 2_302_585_092_995, validationLossAfter: 1_900_000_000_000, testAccuracyPpm: 812_300,
            testLoss: -5, scoreGap: -12_345)
        for revealed in [
            writer.revealed(both[0], task: task, metrics: near),
            RoundRevealed(task: task, round: 1, salt: .zero, metrics: both[0].metrics),
        ] {
            var writer = writer
            try writer.add(.roundRevealed(revealed))
            try expect(.wrongCommitment, .scores(both[0].parts[0]), after: writer)
        }
        try writer.add(.roundRevealed(writer.revealed(both[0], task: task)))
        try expect(.wrongRound, .roundRevealed(writer.revealed(both[1], task: task)), after: writer)
        try expect(
            .taskClosed,
            .roundOpened(
                RoundOpened(task: task, round: 3, baseModel: .zero, deadlineMs: .max, cohort: [0])), after: writer)
        func scores(_ scores: [ContributionScore]) -> EntryBody {
            .scores(RoundScores(task: task, round: 1, scores: scores))
        }
        func score(_ number: ParticipantNumber, _ full: Int64, samples: UInt64 = 100) -> ContributionScore {
            ContributionScore(participant: number, full: full, novel: 0, samples: samples)
        }
        try expect(.wrongCommitment, scores([score(0, 1), score(1, 1)]), after: writer)
        try expect(.wrongScores, scores([score(1, 1)]), after: writer)
        try expect(.wrongScores, scores([score(0, 1, samples: 1)]), after: writer)
        try expect(.wrongScores, scores([]), after: writer)
        for full in [LedgerLimits.score + 1, -LedgerLimits.score - 1, .min] {
            try expect(.scoreOverflow, scores([score(0, full)]), after: writer)
        }
        try expect(.wrongRound, .scores(both[1].parts[0]), after: writer)
        #expect(throws: LedgerError(.revealDue, "")) { try LedgerRules.settlement(of: task, writer.state) }
    }

    @Test("Settlements and closes that the entries do not give")
    func settlements() throws {
        var (writer, task) = try running()
        for number in 0..<2 { try writer.accept(number, task: task) }
        try writer.finishRound(task)
        try writer.reveal(task)
        guard case .taskSettled(let good)? = try LedgerRules.settlement(of: task, writer.state).first else {
            Issue.record("no settlement")
            return
        }
        for wrong in [
            TaskSettled(
                task: task, lossBefore: good.lossBefore + 1, lossAfter: good.lossAfter, pool: good.pool,
                payable: good.payable, paid: good.paid),
            TaskSettled(
                task: task, lossBefore: good.lossBefore, lossAfter: good.lossAfter, pool: good.pool,
                payable: good.payable, paid: good.paid + 1),
        ] { try expect(.wrongSettlement, .taskSettled(wrong), after: writer) }
        try writer.add(.taskSettled(good))
        let rewards = LedgerRules.due(writer.state)
        try expect(.outOfTurn, rewards[1], after: writer)
        try writer.addDue()
        try expect(.duplicateID, .taskSettled(good), after: writer)
        let close = try writer.closing(task)
        func closed(
            rounds: UInt32 = 1, model: Digest? = nil, reason: TaskClosed.Reason? = .byOperator, secret: TaskSecret?
        ) -> EntryBody {
            .taskClosed(
                TaskClosed(task: task, rounds: rounds, model: model ?? close.model, reason: reason, secret: secret))
        }
        try expect(.wrongCounts, closed(rounds: 2, secret: close.secret), after: writer)
        try expect(.wrongModel, closed(model: .zero, secret: close.secret), after: writer)
        try expect(.wrongCommitment, closed(secret: LedgerFixture.secret("other")), after: writer)
        try expect(.otherRules, closed(reason: nil, secret: close.secret), after: writer)
        try expect(.otherRules, closed(secret: nil), after: writer)
        for reason in [TaskClosed.Reason.closeBy, .diverged] {
            try expect(.wrongOutcome, closed(reason: reason, secret: close.secret), after: writer)
        }
        try writer.add(.taskClosed(close))
        try writer.addDue()
        #expect(throws: LedgerError(.taskClosed, "")) { try writer.topUp(task, 1, number: 1) }
    }

    @Test("Any entry again, and any entry left out")
    func again() throws {
        let history = try HistoryWriter.everything()
        for entry in history.entries { try expect(.duplicateID, entry.entry.body, after: history) }
        for missing in history.entries.indices.dropLast() {
            var state = LedgerState()
            for entry in history.entries[..<missing] { try LedgerRules.apply(entry, to: &state) }
            #expect(throws: LedgerError(.wrongSequence, "")) {
                try LedgerRules.apply(history.entries[missing + 1], to: &state)
            }
        }
    }
}

extension RoundSealed {
    /// The same seal of another round.
    fileprivate func with(round: UInt32) -> RoundSealed {
        RoundSealed(
            task: task, round: round, outcome: .noQuorum, accepted: accepted, totalWeight: totalWeight, aggregate: nil,
            model: model, serverState: nil, metrics: nil)
    }
}
