import Attestation
import Federation
import Ledger
import Testing

@Suite("A task's end")
struct TaskEndTests {
    /// A driver in the first round with two of its three contributions.
    private func collecting() throws -> EngineDriver {
        var driver = try EngineDriver(Fixtures.task(size: 3, quorum: 2), participants: 3)
        try driver.handle(.start)
        try driver.contribute(0)
        try driver.contribute(1)
        return driver
    }

    private func closing(_ driver: EngineDriver) throws -> TaskClosed? {
        try driver.entries { if case .taskClosed(let closed) = $0 { closed } else { nil } }.last
    }

    @Test("A round that diverged keeps the model, scores nobody, and the next one is opened")
    func diverged() throws {
        var driver = try collecting()
        let model = driver.engine.model
        try driver.contribute(2)
        #expect(
            try driver.handle(.aggregated(driver.divergence())) == [
                "record sealed 1 diverged with 3", "record due", "record opened 2 for [0, 1, 2]",
                "invite [0, 1, 2] to 2", "set timer of 2",
            ]
        )
        #expect(driver.engine.model == model)
        let sealed = try #require(try driver.seals().last)
        #expect(sealed.model == model && sealed.metrics == nil && sealed.aggregate == nil)
        #expect(sealed.scoreCommitment == nil && sealed.totalWeight == 49_152)
    }

    @Test("Three rounds that diverged in a row end the task, and what was earned before is paid")
    func threeDiverged() throws {
        var driver = try EngineDriver(Fixtures.task(size: 1, quorum: 1, rounds: 9), participants: 1)
        try driver.handle(.start)
        func round(_ outcome: RoundSealed.Outcome) throws -> [String] {
            if outcome == .noQuorum {
                driver.nowMs += 60_001
                return try driver.passDeadline()
            }
            try driver.contribute(0)
            return try driver.handle(.aggregated(outcome == .diverged ? driver.divergence() : driver.result()))
        }
        for outcome in [.diverged, .diverged, .aggregated, .diverged, .diverged, .noQuorum] as [RoundSealed.Outcome] {
            #expect(try round(outcome).last?.hasPrefix("set timer") == true, "\(outcome) goes on")
        }
        #expect(try round(.diverged).last == "set timer of 8")
        #expect(try round(.diverged).last == "set timer of 9")
        #expect(try round(.diverged) == ["record sealed 9 diverged with 1", "record due", "finish after 9: diverged"])
        #expect(try closing(driver)?.reason == .diverged)
        #expect(try closing(driver)?.model == Fixtures.digest("model 3"))
        let settled = try driver.entries { if case .taskSettled(let settled) = $0 { settled } else { nil } }
        // A fall of 0.2 nat where 1 nat is worth the pool of a token.
        #expect(settled.map(\.paid) == [200_000])
        #expect(driver.journal.state.supply == 200_000, "the rest was never issued for good")
    }

    @Test("A task that is closed before its first round has neither rounds nor a model")
    func closedIdle() throws {
        var driver = try EngineDriver(Fixtures.task(), participants: 0)
        try driver.handle(.start)
        #expect(try driver.handle(.close(.byOperator, computationFailed: false)) == ["finish after 0: byOperator"])
        #expect(try closing(driver)?.model == .zero)
        #expect(driver.journal.state.supply == 0)
        #expect(try driver.handle(.start).isEmpty)
        #expect(try driver.handle(.close(.byOperator, computationFailed: false)).isEmpty, "closed twice")
    }

    @Test("A task that is closed while it collects gives its round up; what is being checked is refused")
    func closedCollecting() throws {
        var driver = try collecting()
        try driver.receive(driver.statement(2), ticket: 7)
        #expect(
            try driver.handle(.close(.byOperator, computationFailed: false)) == [
                "record refused stale-round", "refuse 7 stale-round", "abandon 1", "record sealed 1 abandoned with 2",
                "record due", "finish after 1: byOperator",
            ]
        )
        #expect(driver.engine.isFinished)
        #expect(try driver.seals().map(\.totalWeight) == [32_768])
        #expect(try driver.approve(7).isEmpty && driver.passDeadline().isEmpty)
        try driver.receive(driver.statement(2), ticket: 8)
        #expect(driver.refusal(of: 8) == .staleRound)
        #expect(driver.journal.state.tasks[driver.task]?.stage == .closed)
    }

    @Test("A task that is closed while a round is averaged finishes that round first")
    func closedAggregating() throws {
        var driver = try collecting()
        try driver.contribute(2)
        #expect(try driver.handle(.close(.byOperator, computationFailed: false)).isEmpty)
        #expect(!driver.engine.isFinished)
        #expect(
            try driver.handle(.aggregated(driver.result())) == [
                "record sealed 1 aggregated with 3", "record due", "finish after 1: byOperator",
            ]
        )
        let paid = try driver.entries { if case .taskSettled(let settled) = $0 { settled.paid } else { nil } }
        #expect(paid == [199_998], "the round is paid, in equal parts")
    }

    @Test("A round that can never be averaged is given up when its task is closed")
    func closedAfterFailure() throws {
        var driver = try collecting()
        try driver.contribute(2)
        driver.closed.remove(1)
        #expect(
            try driver.handle(.close(.byOperator, computationFailed: true)) == [
                "abandon 1", "record sealed 1 abandoned with 3", "record due", "finish after 1: byOperator",
            ]
        )
        #expect(try driver.handle(.aggregated(driver.result())).isEmpty)
    }

    @Test("After its last time no round is opened, and the task ends")
    func closeBy() throws {
        for late in [0, 1] as [UInt64] {
            let task = try Fixtures.task(size: 1, quorum: 1, deadlineSeconds: 60, closeAfterSeconds: 30)
            var driver = try EngineDriver(task, participants: 1)
            try driver.handle(.start)
            driver.nowMs = driver.terms.closeByMs + late
            try driver.contribute(0)
            let words = try driver.handle(.aggregated(driver.result()))
            #expect(words.last == (late == 0 ? "set timer of 2" : "finish after 1: closeBy"))
        }
    }

    @Test("The accuracy at which a task stops is the exact one, though the ledger shows whole percent")
    func exactStopAccuracy() throws {
        var driver = try EngineDriver(Fixtures.task(size: 1, quorum: 1, stopAccuracy: 0.9), participants: 1)
        try driver.handle(.start)
        try driver.contribute(0)
        try driver.handle(.aggregated(driver.result(accuracyPpm: 895_001)))
        #expect(try driver.seals().last?.metrics?.testAccuracyPpm == 900_000)
        #expect(!driver.engine.isFinished)
        try driver.restart()
        #expect(!driver.engine.isFinished)
    }
}

@Suite("An engine after a restart")
struct RoundResumeTests {
    /// Plays a task of four rounds, one of which diverges, and starts anew before every step that is in `stops`.
    private func play(stops: Set<Int>) throws -> (EngineDriver, steps: Int) {
        var driver = try EngineDriver(Fixtures.task(size: 3, quorum: 2, rounds: 4), participants: 3)
        try driver.assign(units: 7, to: 1)
        try driver.handle(.start)
        var step = 0
        func restartIfDue() throws {
            if stops.contains(step) { try driver.restart() }
            step += 1
        }
        for round in 1...4 as ClosedRange<UInt32> {
            for number in 0..<3 {
                try restartIfDue()
                driver.nowMs += 10
                try driver.contribute(number, squaredNorm: UInt128(round) << UInt128(48 + number))
            }
            try restartIfDue()
            try driver.handle(.aggregated(round == 2 ? driver.divergence() : driver.result()))
        }
        return (driver, step)
    }

    @Test("Taken up anew anywhere, a task has the same log")
    func anywhere() throws {
        let (undisturbed, steps) = try play(stops: [])
        #expect(undisturbed.hasFinished && steps == 16)
        for stop in 0..<steps {
            let (driver, _) = try play(stops: [stop])
            #expect(driver.journal.root == undisturbed.journal.root, "stopped before step \(stop)")
        }
        let (often, _) = try play(stops: Set(0..<steps))
        #expect(often.journal.root == undisturbed.journal.root)
    }

    @Test("What was accepted is added again, and the cohort is told again")
    func effects() throws {
        var driver = try EngineDriver(Fixtures.task(size: 3, quorum: 2), participants: 3)
        try driver.handle(.start)
        try driver.contribute(2)
        try driver.contribute(0)
        #expect(try driver.restart() == ["fold 0", "fold 2", "invite [0, 1, 2] to 1", "set timer of 1"])
        #expect(driver.accepted.map(\.contribution.ticket) == [1_000, 1_001])
        try driver.receive(driver.statement(1, update: Fixtures.digest("update 0 1")), ticket: 5)
        #expect(driver.refusal(of: 5) == .copied, "what was accepted before counts")
        #expect(try driver.contribute(1).last == "aggregate 1 of [0, 1, 2]")
        #expect(try driver.restart() == ["fold 0", "fold 1", "fold 2", "aggregate 1 of [0, 1, 2]"])
    }

    @Test("Under open trust a resumed round is full with everybody invited, not with the cohort's size")
    func openTrust() throws {
        var driver = try EngineDriver(Fixtures.task(size: 1, quorum: 1, trust: .open), participants: 2)
        try driver.handle(.start)
        try driver.contribute(0)
        #expect(try driver.restart() == ["fold 0", "invite [0, 1] to 1", "set timer of 1"])
        #expect(try driver.contribute(1).last == "aggregate 1 of [0, 1]")
    }
}
