import Attestation
import Ledger
import Testing

@Suite("Version 1: What the rules derive, and in which order")
struct Version1DueOrderTests {
    private func kinds(_ bodies: [EntryBody]) -> [String] {
        bodies.map { body in
            guard case .transfer(let transfer) = body else { return body.kindName }
            return "\(transfer.kind) \(transfer.amount)"
        }
    }

    @Test("After genesis come the grants, in its order, and nothing else")
    func grants() throws {
        var writer = Version1Writer()
        let grants = try ["b", "a"].enumerated().map {
            Genesis.Grant(account: try AccountName("sponsor/\($1)"), amount: UInt64($0) + 5)
        }
        try writer.add(
            .genesis(
                Genesis(
                    origin: LedgerFixture.origin,
                    coordinatorKey: LedgerFixture.key(999),
                    asset: "TRIB",
                    cap: 11,
                    grants: grants
                )
            )
        )
        #expect(kinds(LedgerRules.due(writer.state)) == ["grant 5", "grant 6"])
        let registered = EntryBody.participantRegistered(ParticipantRegistered(publicKey: try LedgerFixture.key(0)))
        #expect(throws: LedgerError(.outOfTurn, "")) { try writer.add(registered) }
        #expect(throws: LedgerError(.outOfTurn, "")) { try writer.add(LedgerRules.due(writer.state)[1]) }
        try writer.addDue()
        #expect(writer.state.supply == 11)
        try writer.add(registered)
    }

    @Test("The last scores of an epoch bring emission, settlement and rewards; what floors leave is carried")
    func epoch() throws {
        var writer = try Version1Writer(participants: 3)
        let task = Version1Fixture.task(pool: 100, epochRounds: 2)
        try writer.add(.taskOpened(task))
        try writer.openRound(task.task, cohort: [0, 1, 2])
        for number in [2, 0, 1] { try writer.accept(number, task: task.task) }
        try writer.add(.roundSealed(try writer.seal(task.task)))
        let scores = try writer.scores(task.task) { [5, -4, 2][Int($0)] }
        try writer.add(.scores(RoundScores(task: task.task, round: 1, scores: Array(scores.scores.prefix(2)))))
        #expect(LedgerRules.due(writer.state).isEmpty)
        try writer.add(.scores(RoundScores(task: task.task, round: 1, scores: Array(scores.scores.suffix(1)))))
        #expect(kinds(LedgerRules.due(writer.state)) == ["emission 100"])
        try writer.addDue()
        try writer.openRound(task.task, cohort: [0, 1, 2])
        for number in 0..<3 { try writer.accept(number, task: task.task) }
        try writer.add(.roundSealed(try writer.seal(task.task)))
        // Sums: 5 - 2, -4 + 5 and 2 + 1; clipped at zero only now: 3, 1 and 3 of 200 units.
        try writer.add(.scores(try writer.scores(task.task) { [-2, 5, 1][Int($0)] }))
        #expect(
            kinds(LedgerRules.due(writer.state)) == [
                "emission 100", "epoch_settled", "reward 85", "reward 28", "reward 85",
            ]
        )
        try writer.addDue()
        #expect(writer.state.accounts.balance(of: .pool(task.task)).available == 2)
        #expect(writer.state.tasks[task.task]?.epochsSettled == 1)
    }

    @Test("Each rule pays its own score")
    func scoreOfRule() throws {
        for (rule, expected) in [(RewardRule.Score.samples, [30, 70]), (.path, [80, 20]), (.pathNovel, [10, 90])] {
            var writer = try Version1Writer(participants: 2)
            let task = Version1Fixture.task(score: rule, pool: 100)
            try writer.add(.taskOpened(task))
            try writer.openRound(task.task, cohort: [0, 1])
            try writer.accept(0, task: task.task, samples: 3)
            try writer.accept(1, task: task.task, samples: 7)
            try writer.add(.roundSealed(try writer.seal(task.task)))
            try writer.add(
                .scores(
                    RoundScores(
                        task: task.task,
                        round: 1,
                        scores: [
                            ContributionScore(participant: 0, full: 8, novel: 1, samples: 3),
                            ContributionScore(participant: 1, full: 2, novel: 9, samples: 7),
                        ]
                    )
                )
            )
            #expect(
                kinds(LedgerRules.due(writer.state))
                    == ["emission 100", "epoch_settled", "reward \(expected[0])", "reward \(expected[1])"]
            )
        }
    }

    @Test("A round without quorum pays nothing in, keeps the model, and still ends its epoch")
    func noQuorum() throws {
        var writer = try Version1Writer(participants: 2)
        let task = Version1Fixture.task(pool: 100, quorum: 2)
        try writer.add(.taskOpened(task))
        try writer.openRound(task.task, cohort: [0, 1])
        try writer.accept(0, task: task.task)
        try writer.add(.roundSealed(try writer.seal(task.task)))
        #expect(kinds(LedgerRules.due(writer.state)) == ["epoch_settled"])
        try writer.addDue()
        #expect(writer.state.tasks[task.task]?.model == task.initialModel)
        #expect(writer.state.supply == 50_000_000)
    }

    @Test("Emission stops at the cap, to the unit")
    func emissionStopsAtCap() throws {
        var writer = try Version1Writer(participants: 1, genesis: Version1Fixture.genesis(cap: 250, granted: 0))
        let task = Version1Fixture.task(pool: 100)
        try writer.add(.taskOpened(task))
        for expected in [100, 200, 250, 250] as [UInt64] {
            try writer.openRound(task.task, cohort: [0])
            try writer.accept(0, task: task.task)
            try writer.finishRound(task.task)
            #expect(writer.state.tasks[task.task]?.flows.pooled == expected)
        }
        #expect(writer.state.supply == 250)
        #expect(try writer.state.accounts.balance(of: .participant(LedgerFixture.key(0))).available == 250)
    }

    @Test("A sponsored task pays what its escrow has, and gives the rest back at the close")
    func escrow() throws {
        var writer = try Version1Writer(participants: 1)
        let sponsor = try LedgerFixture.sponsor()
        let task = Version1Fixture.task(pool: 100, sponsor: sponsor)
        try writer.add(.taskOpened(task))
        func deposit(_ amount: UInt64, _ number: UInt32) -> EntryBody {
            .transfer(
                Transfer(
                    kind: .deposit,
                    debit: sponsor,
                    credit: .escrow(task.task),
                    amount: amount,
                    task: task.task,
                    period: number
                )
            )
        }
        try writer.add(deposit(150, 1))
        for expected in ["funding 100", "funding 50", nil, "funding 30"] {
            try writer.openRound(task.task, cohort: [0])
            try writer.accept(0, task: task.task)
            if expected == "funding 30" { try writer.add(deposit(30, 2)) }
            try writer.add(.roundSealed(try writer.seal(task.task)))
            try writer.add(.scores(try writer.scores(task.task) { _ in expected == "funding 30" ? -1 : 1 }))
            #expect(kinds(LedgerRules.due(writer.state)).first == expected ?? "epoch_settled")
            try writer.addDue()
        }
        try writer.add(deposit(7, 3))
        try writer.add(
            .taskClosed(
                TaskClosed(task: task.task, rounds: 4, model: try #require(writer.state.tasks[task.task]?.model))
            )
        )
        #expect(kinds(LedgerRules.due(writer.state)) == ["refund 7", "refund 30"])
        try writer.addDue()
        #expect(writer.state.accounts.balance(of: sponsor).available == 50_000_000 - 150)
    }

    @Test("A task closes only once its running epoch is settled; then its unpaid emission is burned")
    func closing() throws {
        var writer = try Version1Writer(participants: 2)
        let task = Version1Fixture.task(pool: 100, epochRounds: 3)
        try writer.add(.taskOpened(task))
        try writer.openRound(task.task, cohort: [0, 1])
        #expect(throws: LedgerError(.roundOpen, "")) { try Version1Rules.closing(task.task, writer.state) }
        try writer.accept(0, task: task.task)
        try writer.accept(1, task: task.task)
        try writer.finishRound(task.task) { _ in 1 << 40 }
        let model = try #require(writer.state.tasks[task.task]?.model)
        let close = EntryBody.taskClosed(TaskClosed(task: task.task, rounds: 1, model: model))
        #expect(throws: LedgerError(.settlementDue, "")) { try writer.add(close) }
        let closing = try Version1Rules.closing(task.task, writer.state)
        #expect(kinds(closing) == ["epoch_settled", "reward 50", "reward 50"])
        try writer.add(closing[0])
        #expect(LedgerRules.due(writer.state) == Array(closing.dropFirst()))
        try writer.addDue()
        #expect(throws: LedgerError(.taskClosed, "")) { try writer.openRound(task.task, cohort: [0]) }
        #expect(try Version1Rules.closing(task.task, writer.state).isEmpty)
        try writer.add(close)
        #expect(LedgerRules.due(writer.state).isEmpty)
        let again = EntryBody.taskClosed(TaskClosed(task: task.task, rounds: 2, model: model))
        #expect(throws: LedgerError(.taskClosed, "")) { try writer.add(again) }
    }

    @Test("What floor division carried is burned when an emission task closes")
    func burn() throws {
        var writer = try Version1Writer(participants: 3)
        let task = Version1Fixture.task(pool: 100)
        try writer.add(.taskOpened(task))
        try writer.openRound(task.task, cohort: [0, 1, 2])
        for number in 0..<3 { try writer.accept(number, task: task.task) }
        try writer.finishRound(task.task) { _ in 1 }
        try writer.close(task.task)
        #expect(writer.state.tasks[task.task]?.flows.poolReturned == 1)
        #expect(writer.state.supply == 50_000_099)
    }

    @Test("While something is due only it or a refusal is accepted, on other tasks too")
    func outOfTurn() throws {
        var writer = try Version1Writer(participants: 2)
        let (task, other) = (Version1Fixture.task(pool: 100), Version1Fixture.task("other"))
        try writer.add(.taskOpened(task))
        try writer.openRound(task.task, cohort: [0, 1])
        try writer.accept(0, task: task.task)
        try writer.add(.roundSealed(try writer.seal(task.task)))
        try writer.add(.scores(try writer.scores(task.task) { _ in 1 }))
        let due = LedgerRules.due(writer.state)
        #expect(kinds(due) == ["emission 100", "epoch_settled", "reward 100"])
        #expect(throws: LedgerError(.outOfTurn, "")) { try writer.add(.taskOpened(other)) }
        #expect(throws: LedgerError(.outOfTurn, "")) { try writer.add(.snapshot(writer.state.snapshot)) }
        #expect(throws: LedgerError(.outOfTurn, "")) { try writer.add(due[1]) }
        for body in due {
            try writer.refuse(1, task: task.task, .late)
            try writer.add(body)
        }
        try writer.add(.taskOpened(other))
    }
}
