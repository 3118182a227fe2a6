import Federation
import Ledger
import Rewards
import Testing

@Suite("A round's opening")
struct RoundOpeningTests {
    @Test("Starting records the round, invites its cohort and sets the timer, in this order")
    func start() throws {
        var driver = try EngineDriver(Fixtures.task(), participants: 3)
        let effects = driver.engine.handle(.start, atMs: driver.nowMs)
        #expect(
            effects.map(EngineDriver.words)
                == ["record opened 1 for [0, 1, 2]", "invite [0, 1, 2] to 1", "set timer of 1"]
        )
        guard case .record(.roundOpened(let opened)) = effects[0], case .invite(let invitation) = effects[1],
            case .setTimer(_, let atMs) = effects[2]
        else { return }
        #expect(opened.task == driver.task && opened.baseModel == driver.engine.model)
        #expect(opened.deadlineMs == driver.nowMs + 60_000)
        #expect(atMs == opened.deadlineMs)
        #expect(invitation.round == 1 && invitation.cohort == [0, 1, 2])
        #expect(invitation.baseModel == opened.baseModel && invitation.deadlineMs == opened.deadlineMs)
    }

    @Test("Starting twice opens one round")
    func startTwice() throws {
        var driver = try EngineDriver(Fixtures.task(), participants: 3)
        try driver.handle(.start)
        #expect(try driver.handle(.start).isEmpty)
        #expect(driver.engine.round == 1)
    }

    @Test("No round is opened while nobody is registered")
    func nobody() throws {
        var driver = try EngineDriver(Fixtures.task(), participants: 0)
        #expect(try driver.handle(.start).isEmpty)
        #expect(driver.engine.round == 0)
        #expect(!driver.engine.isFinished)
    }

    @Test("Over-selection invites more than the round takes")
    func overSelection() throws {
        var driver = try EngineDriver(Fixtures.task(size: 3, overSelection: 1.3), participants: 20)
        try driver.handle(.start)
        let opened = try driver.entries { if case .roundOpened(let opened) = $0 { opened } else { nil } }
        #expect(opened.map(\.cohort.count) == [4])
    }

    @Test("Before the first round, every message is stale")
    func idle() throws {
        var driver = try EngineDriver(Fixtures.task(), participants: 3)
        try driver.receive(driver.statement(0, round: 1), ticket: 5)
        #expect(driver.refusal(of: 5) == .staleRound)
    }

    @Test("An engine taken up after a round goes on with the next one and knows the last statements and the bound")
    func restart() throws {
        var driver = try EngineDriver(Fixtures.task(size: 2), participants: 2)
        try driver.handle(.start)
        try driver.contribute(0, squaredNorm: 3 << 50)
        try driver.contribute(1, squaredNorm: 3 << 50)
        let opening = try driver.handle(.aggregated(driver.result()))
        let next = try driver.statement(0, nonce: 1)
        let state = try #require(driver.journal.state.tasks[driver.task])
        var resumed = RoundEngine(
            plan: driver.engine.plan,
            round: 1,
            model: driver.engine.model,
            participants: driver.journal.state.numbers,
            lastStatements: Dictionary(
                uniqueKeysWithValues: driver.journal.state.participants.enumerated().map {
                    (ParticipantNumber($0), $1.lastContribution)
                }
            ),
            boundHistory: BoundHistory(recent: state.recentNorms, base: EngineDriver.bound)
        )
        let effects = resumed.handle(.start, atMs: driver.nowMs)
        #expect(effects.map(EngineDriver.words) == Array(opening.suffix(3)))
        guard case .record(.roundOpened(let opened)) = effects[0] else { return #expect(Bool(false), "not opened") }
        let bound: UInt128 = 27 << 48
        #expect(opened.boundSquared == bound)
        #expect(try driver.openings().last == opened)
        let event = RoundEvent.received(statement: next.encoded, signature: [], ticket: 1)
        #expect(resumed.handle(event, atMs: driver.nowMs).map(EngineDriver.words) == ["check 1"])
    }

    @Test("The model of the first round is set once the task is open; later ones come from rounds")
    func begin() throws {
        var driver = try EngineDriver(Fixtures.task(size: 2), participants: 2)
        let first = Fixtures.digest("drawn from the ledger's root")
        driver.engine.begin(from: first)
        try driver.handle(.start)
        driver.engine.begin(from: Fixtures.digest("too late"))
        #expect(try driver.openings().map(\.baseModel) == [first])
        #expect(driver.engine.model == first)
    }

    @Test("Under open trust everybody available is invited, and the round is full only with all of them")
    func openTrust() throws {
        var driver = try EngineDriver(Fixtures.task(size: 2, quorum: 2, trust: .open), participants: 5)
        driver.engine.unavailable = [3]
        try driver.handle(.start)
        #expect(try driver.openings().map(\.cohort) == [[0, 1, 2, 4]])
        for number in [0, 1, 2] { #expect(try driver.contribute(number).last == "fold \(number)") }
        #expect(try driver.contribute(4).last == "aggregate 1 of [0, 1, 2, 4]")
        driver.engine.unavailable = []
        try driver.handle(.aggregated(driver.result()))
        #expect(try driver.openings().last?.cohort == [0, 1, 2, 3, 4])
        for number in [0, 1] { try driver.contribute(number) }
        driver.nowMs += 60_000
        #expect(try driver.passDeadline() == ["aggregate 2 of [0, 1]"], "the deadline ends it with a quorum")
    }
}
