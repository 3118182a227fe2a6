import Federation
import Ledger
import Testing

@Suite("A round's end")
struct RoundClosingTests {
    @Test("A quorum at the deadline is averaged, in ascending order of participant")
    func quorumAtDeadline() throws {
        var driver = try EngineDriver(Fixtures.task(size: 4, quorum: 2), participants: 4)
        try driver.handle(.start)
        try driver.contribute(3)
        try driver.contribute(1)
        driver.nowMs += 60_000
        #expect(try driver.passDeadline() == ["aggregate 1 of [1, 3]"])
    }

    @Test("A round without quorum is given up and recorded, and the next one is opened from the same model")
    func noQuorum() throws {
        var driver = try EngineDriver(Fixtures.task(size: 4, quorum: 2), participants: 4)
        try driver.handle(.start)
        let model = driver.engine.model
        try driver.contribute(2)
        driver.nowMs += 60_000
        #expect(
            try driver.passDeadline() == [
                "abandon 1", "record sealed 1 noQuorum with 1", "record due", "record opened 2 for [0, 1, 2, 3]",
                "invite [0, 1, 2, 3] to 2", "set timer of 2",
            ]
        )
        #expect(driver.engine.model == model)
        let sealed = try driver.seals()
        #expect(sealed.map(\.totalWeight) == [16_384])
        #expect(sealed[0].aggregate == nil && sealed[0].metrics == nil)
        // What was accepted in the lost round is still the participant's last statement.
        try driver.contribute(2)
        #expect(driver.accepted.map(\.round) == [1, 2])
    }

    @Test("A round that nobody answers is given up, and a task of such rounds ends")
    func nobodyAnswers() throws {
        var driver = try EngineDriver(Fixtures.task(rounds: 2), participants: 3)
        try driver.handle(.start)
        for _ in 0..<2 {
            driver.nowMs += 60_001
            try driver.passDeadline()
        }
        #expect(driver.engine.isFinished && driver.hasFinished)
        #expect(driver.journal.state.supply == 0, "a round without quorum pays nobody")
    }

    @Test("With over-selection a round is closed as soon as enough came in, and stragglers are refused")
    func overSelection() throws {
        var driver = try EngineDriver(Fixtures.task(size: 2, overSelection: 2), participants: 4)
        try driver.handle(.start)
        let straggler = try driver.statement(3)
        try driver.receive(driver.statement(2), ticket: 2)
        try driver.contribute(0)
        #expect(
            try driver.contribute(1) == [
                "check 1", "record accepted of round 1", "fold 1", "record refused round-full", "refuse 2 round-full",
                "aggregate 1 of [0, 1]",
            ]
        )
        try driver.receive(straggler, ticket: 3)
        #expect(driver.refusal(of: 3) == .roundFull)
        #expect(try driver.approve(2).isEmpty, "its check was cut off")
        try driver.handle(.aggregated(driver.result()))
        try driver.receive(straggler, ticket: 4)
        #expect(driver.refusal(of: 4) == .staleRound)
    }

    @Test("A round is closed when everybody who was invited has answered, though it could take more")
    func everybodyAnswered() throws {
        var driver = try EngineDriver(Fixtures.task(size: 10, quorum: 2), participants: 2)
        try driver.handle(.start)
        try driver.contribute(0)
        #expect(try driver.contribute(1).last == "aggregate 1 of [0, 1]")
    }

    @Test("With a quorum a round does not wait for those who left, and without one it does, since they may come back")
    func absent() throws {
        var driver = try EngineDriver(Fixtures.task(size: 4, quorum: 2), participants: 4)
        try driver.handle(.start)
        try driver.contribute(0)
        driver.engine.absent = [1, 3]
        #expect(try driver.handle(.absenceChanged).isEmpty, "one contribution is no quorum")
        driver.engine.absent = [1, 2, 3]
        #expect(try driver.handle(.absenceChanged).isEmpty)
        driver.engine.absent = [1, 3]
        #expect(try driver.contribute(2).last == "aggregate 1 of [0, 2]")
        try driver.handle(.aggregated(driver.result()))
        driver.engine.absent = []
        try driver.contribute(0)
        try driver.contribute(1)
        driver.engine.absent = [2]
        #expect(try driver.handle(.absenceChanged).isEmpty, "participant 3 is there")
        driver.engine.absent = [2, 3]
        #expect(try driver.handle(.absenceChanged) == ["aggregate 2 of [0, 1]"])
    }

    @Test("Whoever leaves while its contribution is being checked is waited for")
    func absentUnderCheck() throws {
        var driver = try EngineDriver(Fixtures.task(size: 3, quorum: 1), participants: 3)
        try driver.handle(.start)
        try driver.receive(driver.statement(2), ticket: 7)
        driver.engine.absent = [1, 2]
        #expect(try driver.handle(.absenceChanged).isEmpty)
        #expect(try driver.contribute(0).contains { $0.hasPrefix("aggregate") } == false)
        #expect(try driver.approve(7).last == "aggregate 1 of [0, 2]")
    }

    @Test("A check that cannot be made ends a round that waited for nothing else")
    func absentWithdrawn() throws {
        var driver = try EngineDriver(Fixtures.task(size: 2, quorum: 1), participants: 2)
        try driver.handle(.start)
        try driver.receive(driver.statement(1), ticket: 7)
        driver.engine.absent = [1]
        try driver.contribute(0)
        #expect(try driver.handle(.withdrawn(ticket: 7)) == ["aggregate 1 of [0]"])
    }

    @Test("Checks in flight at the deadline decide before the round closes, however long they take")
    func inFlight() throws {
        var driver = try EngineDriver(Fixtures.task(size: 3, quorum: 2), participants: 3)
        try driver.handle(.start)
        let deadline = driver.nowMs + 60_000
        for number in 0..<3 { try driver.receive(driver.statement(number), ticket: UInt64(number)) }
        driver.nowMs = deadline + 1
        #expect(try driver.passDeadline().isEmpty)
        #expect(try driver.passDeadline().isEmpty)
        try driver.approve(2)
        driver.nowMs += 5_000
        try driver.handle(.checked(ticket: 0, verdict: .refused(.offGrid, detail: "value 3")))
        driver.nowMs += 5_000
        #expect(
            try driver.approve(1) == ["record accepted of round 1", "fold 1", "aggregate 1 of [1, 2]"]
        )
        let entries = try driver.journal.entries(in: 0..<driver.journal.count)
        let times = entries.filter { if case .contributionAccepted = $0.entry.body { true } else { false } }
        #expect(times.map(\.entry.timeMs) == [deadline, deadline], "they came in time")
    }

    @Test("A refused check that is the last one in flight closes the round")
    func lastCheckRefused() throws {
        var driver = try EngineDriver(Fixtures.task(size: 3, quorum: 2), participants: 3)
        try driver.handle(.start)
        try driver.receive(driver.statement(1), ticket: 1)
        driver.nowMs += 60_000
        try driver.passDeadline()
        let words = try driver.handle(.checked(ticket: 1, verdict: .refused(.badSignature, detail: "not theirs")))
        #expect(
            Array(words.prefix(4)) == [
                "record refused bad-signature", "refuse 1 bad-signature", "abandon 1",
                "record sealed 1 noQuorum with 0",
            ]
        )
    }

    @Test("An averaged round is recorded with a commitment to its scores alone, and the next one is opened")
    func sealed() throws {
        var driver = try EngineDriver(Fixtures.task(size: 2), participants: 2)
        try driver.handle(.start)
        try driver.contribute(0)
        try driver.contribute(1)
        #expect(
            try driver.handle(.aggregated(driver.result())) == [
                "record sealed 1 aggregated with 2", "record due",
                "record opened 2 for [0, 1]", "invite [0, 1] to 2", "set timer of 2",
            ]
        )
        #expect(driver.engine.model == Fixtures.digest("model 1"))
        let sealed = try #require(try driver.seals().last)
        #expect(
            sealed.scoreCommitment
                == driver.withheld[1]?.commitment(
                    of: driver.task, round: 1, salt: driver.secret.salt(round: 1)))
        #expect(sealed.metrics == driver.withheld[1]?.metrics.rounded)
        #expect(sealed.metrics?.validationLossBefore == 1_200_000_000_000)
        #expect(try driver.entries { if case .scores(let scores) = $0 { scores } else { nil } }.isEmpty)
        try driver.contribute(0)
        #expect(driver.accepted.count == 3, "the next round trains from the new model")
    }

    @Test("Live scores follow the seal, which has the exact metrics and no commitment")
    func live() throws {
        var driver = try EngineDriver(Fixtures.task(size: 2, disclosure: .live), participants: 2)
        try driver.handle(.start)
        try driver.contribute(0)
        try driver.contribute(1)
        let result = driver.result()
        #expect(
            try driver.handle(.aggregated(result)) == [
                "record sealed 1 aggregated with 2", "record 2 scores of round 1", "record due",
                "record opened 2 for [0, 1]", "invite [0, 1] to 2", "set timer of 2",
            ]
        )
        let sealed = try #require(try driver.seals().last)
        #expect(sealed.scoreCommitment == nil && sealed.metrics == result.metrics)
        let scores = try driver.entries { if case .scores(let scores) = $0 { scores } else { nil } }
        #expect(scores.flatMap(\.scores) == result.scores)
    }

    @Test("A task that pays samples, or nothing, has exact metrics, no scores and no commitment")
    func unscored() throws {
        let rewards = [
            TaskReward(score: .samples, pool: 1_000, targetDrop: 1, samplesCap: 100),
            TaskReward(score: .none, pool: 0, targetDrop: 1),
        ]
        for reward in rewards {
            var driver = try EngineDriver(Fixtures.task(size: 2, rounds: 1, reward: reward), participants: 2)
            try driver.handle(.start)
            try driver.contribute(0, samples: 100)
            try driver.contribute(1, samples: 1_000)
            let result = driver.result()
            #expect(
                try driver.handle(.aggregated(result)) == [
                    "record sealed 1 aggregated with 2", "record due", "finish after 1: completed",
                ]
            )
            let sealed = try #require(try driver.seals().last)
            #expect(sealed.scoreCommitment == nil && sealed.aggregate == nil && sealed.metrics == result.metrics)
            let settled = try driver.entries { if case .taskSettled(let settled) = $0 { settled } else { nil } }
            #expect(settled.map(\.paid) == [reward.pool], "with the cap both count alike")
        }
    }

    @Test("Scores of more contributions than one entry holds go into several entries")
    func scoresInChunks() throws {
        let count = LedgerLimits.scoreCount + 1
        var driver = try EngineDriver(Fixtures.task(size: count, quorum: 1, disclosure: .live), participants: count)
        try driver.handle(.start)
        for number in 0..<count { try driver.contribute(number) }
        #expect(
            Array(try driver.handle(.aggregated(driver.result())).prefix(4)) == [
                "record sealed 1 aggregated with 1025", "record 1024 scores of round 1", "record 1 scores of round 1",
                "record due",
            ]
        )
    }

    @Test("The task ends after its last round")
    func lastRound() throws {
        var driver = try EngineDriver(Fixtures.task(size: 1, quorum: 1, rounds: 3), participants: 1)
        try driver.handle(.start)
        var words: [String] = []
        for _ in 0..<3 {
            try driver.contribute(0)
            words = try driver.handle(.aggregated(driver.result()))
        }
        #expect(words.last == "finish after 3: completed")
        #expect(driver.engine.isFinished)
        #expect(try driver.handle(.start).isEmpty)
        try driver.receive(driver.statement(0), ticket: 9)
        #expect(driver.refusal(of: 9) == .staleRound)
        try LedgerInvariants.check(driver.journal.state)
    }

    @Test("The task ends early once the accuracy to stop at is reached", arguments: [899_999, 900_000] as [UInt32])
    func stopAccuracy(accuracyPpm: UInt32) throws {
        var driver = try EngineDriver(Fixtures.task(size: 1, quorum: 1, stopAccuracy: 0.9), participants: 1)
        try driver.handle(.start)
        try driver.contribute(0)
        let words = try driver.handle(.aggregated(driver.result(accuracyPpm: accuracyPpm)))
        #expect((words.last == "finish after 1: completed") == (accuracyPpm >= 900_000))
        #expect(driver.engine.isFinished == (accuracyPpm >= 900_000))
    }

    @Test("Events out of turn change nothing")
    func outOfTurn() throws {
        var driver = try EngineDriver(Fixtures.task(size: 2), participants: 2)
        #expect(try driver.handle(.deadlinePassed(round: 0)).isEmpty)
        #expect(try driver.handle(.aggregated(driver.result(round: 0))).isEmpty)
        try driver.handle(.start)
        #expect(try driver.handle(.deadlinePassed(round: 0)).isEmpty)
        #expect(try driver.handle(.deadlinePassed(round: 2)).isEmpty)
        #expect(try driver.approve(77).isEmpty)
        #expect(try driver.handle(.aggregated(driver.result())).isEmpty, "the round is still collecting")
        try driver.contribute(0)
        #expect(try driver.approve(0).isEmpty, "a second verdict on one ticket")
        try driver.contribute(1)
        #expect(try driver.passDeadline().isEmpty, "the round is being averaged")
        #expect(try driver.handle(.aggregated(driver.result(round: 2))).isEmpty)
        let result = driver.result()
        #expect(try !driver.handle(.aggregated(result)).isEmpty)
        #expect(try driver.handle(.aggregated(result)).isEmpty, "averaged twice")
        #expect(try driver.handle(.deadlinePassed(round: 1)).isEmpty, "the timer of a round that is over")
        #expect(driver.engine.round == 2)
    }
}
