import Attestation
import Ledger
import Rewards
import Testing

@Suite("The life of a task")
struct TaskLifeTests {
    private func kinds(_ bodies: [EntryBody]) -> [String] {
        bodies.map { body in
            guard case .transfer(let transfer) = body else { return body.kindName }
            return "\(transfer.kind) \(transfer.amount)"
        }
    }

    /// Metrics with those exact losses.
    private func metrics(_ before: Int64, _ after: Int64) -> RoundMetrics {
        RoundMetrics(
            validationLossBefore: before, validationLossAfter: after, testAccuracyPpm: 0, testLoss: 0, scoreGap: 0)
    }

    private func balances(_ writer: HistoryWriter) -> [UInt64] {
        writer.state.participants.map { writer.state.accounts.balance(of: $0.account).available }
    }

    @Test("A known task pays full scores at a price per nat, from emission set aside at its opening")
    func known() throws {
        var writer = try HistoryWriter(participants: 3)
        let task = LedgerFixture.task("task", LedgerFixture.terms(pool: 1_000, targetDrop: 100))
        try writer.add(.taskOpened(task))
        #expect(kinds(LedgerRules.due(writer.state)) == ["emission 1000"])
        try writer.addDue()
        writer.secrets[task.task] = LedgerFixture.secret()
        #expect(writer.state.tasks[task.task]?.model == nil)
        try writer.round(task.task, [0, 1], metrics: metrics(1_000, 980)) { [30, -10, 0][Int($0)] }
        #expect(writer.state.tasks[task.task]?.waiting.map(\.number) == [1])
        try writer.round(task.task, [0, 1, 2], metrics: metrics(980, 950)) { [30, 20, 30][Int($0)] }
        #expect(throws: LedgerError(.revealDue, "")) { try LedgerRules.settlement(of: task.task, writer.state) }
        try writer.reveal(task.task)
        // A drop of 50 of 100 earns 500; merits are 60, 10 and 30.
        let bodies = try LedgerRules.settlement(of: task.task, writer.state)
        #expect(kinds(bodies) == ["task_settled", "reward 300", "reward 50", "reward 150"])
        #expect(
            bodies[0]
                == .taskSettled(
                    TaskSettled(
                        task: task.task, lossBefore: 1_000, lossAfter: 950, pool: 1_000, payable: 500, paid: 500)))
        try writer.close(task.task)
        #expect(balances(writer) == [300, 50, 150])
        #expect(writer.state.supply == 50_000_500)
        #expect(writer.state.tasks[task.task]?.stage == .closed)
    }

    @Test("An open task pays novel scores, each round weighted by its agreement")
    func open() throws {
        var writer = try HistoryWriter(participants: 2)
        let task = LedgerFixture.task("task", LedgerFixture.terms(trust: .open, pool: 100, targetDrop: 1))
        try writer.open(task)
        // Novel scores are half of the full ones: 400 and 400 agree; 400 and -200 agree to a third, squared a ninth.
        try writer.round(task.task, [0, 1], metrics: metrics(9, 5)) { _ in 800 }
        try writer.round(task.task, [0, 1], metrics: metrics(5, 4)) { $0 == 0 ? 800 : -400 }
        try writer.settle(task.task)
        let merits = try #require(writer.state.tasks[task.task]).merits
        #expect(merits[0]?.value == 444)
        #expect(merits[1]?.value == 377)
        #expect(balances(writer) == [54, 45])
        #expect(writer.state.tasks[task.task]?.settled?.paid == 99)
    }

    @Test("A live task takes its scores at once and has nothing to reveal")
    func live() throws {
        var writer = try HistoryWriter(participants: 2)
        let task = LedgerFixture.task(
            "task", LedgerFixture.terms(disclosure: .live, roundCount: 1, pool: 100, targetDrop: 1))
        try writer.open(task)
        try writer.openRound(task.task, cohort: [0, 1])
        try writer.accept(0, task: task.task)
        try writer.accept(1, task: task.task)
        let parts = try writer.scores(task.task, each: 1) { [3, 1][Int($0)] }
        try writer.add(.roundSealed(try writer.seal(task.task, parts: parts)))
        #expect(throws: LedgerError(.roundOpen, "")) { try LedgerRules.settlement(of: task.task, writer.state) }
        #expect(throws: LedgerError(.roundOpen, "")) { try writer.openRound(task.task, cohort: [0]) }
        for part in parts { try writer.add(.scores(part)) }
        let reveal = RoundRevealed(task: task.task, round: 1, salt: .zero, metrics: LedgerFixture.metrics)
        #expect(throws: LedgerError(.notDue, "")) { try writer.add(.roundRevealed(reveal)) }
        try writer.close(task.task, .completed)
        #expect(balances(writer) == [75, 25])
    }

    @Test("Samples are paid up to their cap, in proportion to the rounds that were aggregated")
    func samples() throws {
        var writer = try HistoryWriter(participants: 2)
        let task = LedgerFixture.task(
            "task", LedgerFixture.terms(score: .samples, roundCount: 4, pool: 1_000, samplesCap: 60))
        try writer.open(task)
        try writer.openRound(task.task, cohort: [0, 1])
        try writer.accept(0, task: task.task, samples: 1_000)
        try writer.accept(1, task: task.task, samples: 40)
        try writer.finishRound(task.task)
        try writer.close(task.task)
        #expect(balances(writer) == [150, 100])
    }

    @Test("Claimed weights are the stated examples, divided by their sum")
    func claimed() throws {
        var writer = try HistoryWriter(participants: 2)
        let task = LedgerFixture.task("task", LedgerFixture.terms(weighting: .claimed, samplesCap: 50))
        try writer.open(task)
        try writer.openRound(task.task, cohort: [0, 1])
        #expect(throws: LedgerError(.badSampleCount, "")) { try writer.accept(0, task: task.task, samples: 51) }
        #expect(throws: LedgerError(.badSampleCount, "")) { try writer.accept(0, task: task.task, samples: 0) }
        try writer.accept(0, task: task.task, samples: 50)
        try writer.accept(1, task: task.task, samples: 7)
        let round = try #require(writer.state.tasks[task.task]?.round)
        #expect(round.boundSquared == nil && round.totalWeight == 57 && round.denominator == 57)
        try writer.finishRound(task.task)
        try writer.close(task.task)
    }

    @Test("A task that pays nothing holds nothing, and is settled and closed like others")
    func none() throws {
        var writer = try HistoryWriter(participants: 1)
        let task = LedgerFixture.task("task", LedgerFixture.terms(trust: .open, score: .none))
        try writer.open(task)
        try writer.round(task.task, [0])
        try writer.close(task.task)
        #expect(writer.state.supply == 50_000_000)
    }

    @Test("A sponsor's deposit is due at the opening, top-ups raise the pool, and what is not earned goes back")
    func sponsored() throws {
        var writer = try HistoryWriter(participants: 1)
        let sponsor = try LedgerFixture.sponsor()
        let task = LedgerFixture.task("task", LedgerFixture.terms(pool: 1_000, targetDrop: 100, sponsor: sponsor))
        try writer.add(.taskOpened(task))
        writer.secrets[task.task] = LedgerFixture.secret()
        #expect(kinds(LedgerRules.due(writer.state)) == ["deposit 1000"])
        #expect(throws: LedgerError(.outOfTurn, "")) { try writer.openRound(task.task, cohort: [0]) }
        try writer.addDue()
        try writer.topUp(task.task, 1_000, number: 1)
        try writer.round(task.task, [0], metrics: metrics(100, 75))
        try writer.reveal(task.task)
        let bodies = try LedgerRules.settlement(of: task.task, writer.state)
        #expect(kinds(bodies) == ["task_settled", "funding 500", "reward 500"])
        try writer.settle(task.task)
        try writer.add(.taskClosed(try writer.closing(task.task)))
        #expect(kinds(LedgerRules.due(writer.state)) == ["refund 1500"])
        try writer.addDue()
        #expect(writer.state.accounts.balance(of: sponsor).available == 50_000_000 - 500)
    }

    @Test("Where the first rounds are paid, later scores do not count, but the whole loss drop does")
    func first() throws {
        var writer = try HistoryWriter(participants: 2)
        let terms = LedgerFixture.terms(paidRounds: .first, pool: 100, targetDrop: 100)
        let task = LedgerFixture.task("task", terms, quorum: 1)
        try writer.open(task)
        try writer.openRound(task.task, cohort: [0, 1])
        try writer.finishRound(task.task)
        try writer.round(task.task, [0], metrics: metrics(100, 50)) { _ in 7 }
        try writer.round(task.task, [0, 1], metrics: metrics(50, 0)) { _ in 1_000 }
        try writer.close(task.task)
        #expect(balances(writer) == [100, 0])
    }

    @Test("A task without an aggregated round pays nothing and gives everything back, with or without a model")
    func nothingAggregated() throws {
        for opens in [false, true] {
            var writer = try HistoryWriter(participants: 1)
            let task = LedgerFixture.task()
            try writer.open(task)
            if opens {
                try writer.openRound(task.task, cohort: [0])
                try writer.accept(0, task: task.task)
                try writer.finishRound(task.task, .abandoned)
                #expect(throws: LedgerError(.taskClosed, "")) { try writer.openRound(task.task, cohort: [0]) }
            }
            try writer.close(task.task)
            let settled = try #require(writer.state.tasks[task.task]?.settled)
            #expect(settled.lossBefore == 0 && settled.lossAfter == 0 && settled.payable == 0)
            #expect(settled.pool == 1_000_000)
            #expect(writer.state.supply == 50_000_000)
        }
    }

    @Test("Nobody with positive merit is paid nothing, however far the loss fell")
    func nobodyPositive() throws {
        var writer = try HistoryWriter(participants: 2)
        let task = LedgerFixture.task()
        try writer.open(task)
        try writer.round(task.task, [0, 1]) { _ in -5 }
        try writer.close(task.task)
        #expect(writer.state.tasks[task.task]?.settled?.payable == 0)
        #expect(balances(writer) == [0, 0])
    }

    @Test("Diverged rounds keep the model; after three in a row the task can only be closed on what was earned")
    func diverged() throws {
        var writer = try HistoryWriter(participants: 2)
        let task = LedgerFixture.task("task", LedgerFixture.terms(pool: 100, targetDrop: 1))
        try writer.open(task)
        func diverge() throws {
            try writer.openRound(task.task, cohort: [0, 1])
            try writer.accept(0, task: task.task)
            try writer.finishRound(task.task, .diverged)
        }
        for _ in 0..<2 { try diverge() }
        try writer.round(task.task, [0])
        let model = writer.state.tasks[task.task]?.model
        for number in 1...3 {
            try diverge()
            #expect(writer.state.tasks[task.task]?.divergedInARow == UInt32(number))
            #expect(writer.state.tasks[task.task]?.model == model)
        }
        #expect(throws: LedgerError(.divergedTooOften, "")) { try writer.openRound(task.task, cohort: [0]) }
        try writer.close(task.task, .diverged)
        #expect(balances(writer) == [100, 0])
    }

    @Test("A round whose every weight is zero diverges")
    func allWeightsZero() throws {
        var writer = try HistoryWriter(participants: 2)
        let task = LedgerFixture.task("task", LedgerFixture.terms(bound: 1))
        try writer.open(task)
        try writer.openRound(task.task, cohort: [0, 1])
        for number in 0..<2 { try writer.accept(number, task: task.task, norm: 1 << 60) }
        let round = try #require(writer.state.tasks[task.task]?.round)
        #expect(round.totalWeight == 0 && round.denominator == 2 * 4 * 4_096)
        let aggregated = try writer.seal(task.task, .aggregated)
        #expect(throws: LedgerError(.wrongOutcome, "")) { try writer.add(.roundSealed(aggregated)) }
        try writer.finishRound(task.task)
        #expect(writer.state.tasks[task.task]?.divergedInARow == 1)
    }

    @Test("Units and bound shorten an update's weight; the bound follows from the last three rounds")
    func weights() throws {
        var writer = try HistoryWriter(participants: 3, units: [0, 8, 1])
        let task = LedgerFixture.task("task", LedgerFixture.terms(bound: 1_600))
        try writer.open(task)
        try writer.openRound(task.task, cohort: [0, 1, 2])
        #expect(writer.state.tasks[task.task]?.round?.boundSquared == 3_600)
        try writer.assign(2, to: 2, task: task.task)
        // Twice as long as the bound counts half; units changed while a round is open count from the next one.
        for (number, norm, weight) in [(0, 3_600, 4 * 4_096), (1, 14_400, 8 * 2_048), (2, 900, 4_096)] {
            let expected = LedgerRules.weight(
                of: ParticipantNumber(number), squaredNorm: UInt128(norm), samples: 1, task: task.task, writer.state)
            #expect(expected == UInt64(weight))
            try writer.accept(number, task: task.task, norm: UInt128(norm))
            let accepted = writer.state.tasks[task.task]?.round?.accepted[ParticipantNumber(number)]
            #expect(accepted?.weight == UInt64(weight))
        }
        #expect(writer.state.tasks[task.task]?.round?.denominator == 13 * 4_096)
        try writer.finishRound(task.task)
        // The median by units is 14,400, so the task's own bound holds; it cannot fall below half of the last one.
        #expect(writer.state.tasks[task.task]?.nextBound == 3_600)
        for _ in 0..<4 {
            try writer.openRound(task.task, cohort: [0, 2])
            #expect(writer.state.tasks[task.task]?.round?.units == [4, 2])
            try writer.accept(0, task: task.task, norm: 100)
            try writer.accept(2, task: task.task, norm: 100)
            try writer.finishRound(task.task)
        }
        #expect(writer.state.tasks[task.task]?.nextBound == 225)
    }
}
