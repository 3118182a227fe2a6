import Attestation
import Federation
import Ledger
import Testing

@Suite("What a round refuses")
struct RefusalTests {
    /// A round of three invited out of four, of which participant `outsider` is not.
    private func opened() throws -> (driver: EngineDriver, invited: [Int], outsider: Int) {
        var driver = try EngineDriver(Fixtures.task(size: 3, quorum: 2), participants: 4)
        try driver.handle(.start)
        let opened = try driver.entries { if case .roundOpened(let opened) = $0 { opened } else { nil } }
        let invited = opened[0].cohort.map { Int($0) }
        let outsider = try #require((0..<4).first { !invited.contains($0) })
        return (driver, invited, outsider)
    }

    @Test("A wrong statement is refused with what is wrong, and recorded with its digest")
    func wrongStatements() throws {
        var (driver, invited, outsider) = try opened()
        let number = invited[0]
        let other = Fixtures.digest("other")
        let cases: [(ContributionStatement, RefusalReason)] = [
            (try driver.statement(number, round: 2), .staleRound),
            (try driver.statement(number, round: 0), .staleRound),
            (try driver.statement(number, task: other), .wrongTask),
            (try driver.statement(50), .unknownParticipant),
            (try driver.statement(outsider), .notInvited),
            (try driver.statement(number, baseModel: other), .wrongBaseModel),
            (try driver.statement(number, configuration: other), .wrongConfiguration),
            (try driver.statement(number, parameterCount: 1), .badShape),
            (try driver.statement(number, samples: 0), .badSampleCount),
            (try driver.statement(number, samples: UInt64(FederationLimits.sampleCount) + 1), .badSampleCount),
            (try driver.statement(number, samples: .max), .badSampleCount),
            (try driver.statement(number, previous: other), .malformed),
            (try driver.statement(number, hasPossession: false), .malformed),
        ]
        for (index, (statement, reason)) in cases.enumerated() {
            let words = try driver.receive(statement, ticket: UInt64(index))
            #expect(words.last == "refuse \(index) \(reason.name)")
        }
        let recorded = try driver.entries { if case .contributionRefused(let entry) = $0 { entry } else { nil } }
        for entry in recorded {
            #expect(cases.contains { $0.0.digest == entry.statementDigest && $0.1 == entry.reason })
            #expect(!entry.detail.isEmpty)
        }
        #expect(driver.accepted.isEmpty)
    }

    @Test("Bytes that are no statement are refused as malformed", arguments: [0, 1, 100, 2_000])
    func malformed(count: Int) throws {
        var (driver, _, _) = try opened()
        try driver.receive(bytes: [UInt8](repeating: 0xFF, count: count), ticket: 1)
        #expect(driver.refusal(of: 1) == .malformed)
    }

    @Test("A statement with one byte cut off or added is refused as malformed")
    func truncated() throws {
        var (driver, invited, _) = try opened()
        let bytes = try driver.statement(invited[0]).encoded
        try driver.receive(bytes: Array(bytes.dropLast()), ticket: 1)
        try driver.receive(bytes: bytes + [0], ticket: 2)
        #expect(driver.refusals.map(\.reason) == [.malformed, .malformed])
    }

    @Test(
        "The driver's verdict is the reason",
        arguments: [.badSignature, .digestMismatch, .offGrid] as [RefusalReason]
    )
    func verdict(reason: RefusalReason) throws {
        var (driver, invited, _) = try opened()
        let number = invited[0]
        try driver.receive(driver.statement(number), ticket: 1)
        #expect(
            try driver.handle(.checked(ticket: 1, verdict: .refused(reason, detail: "so it is")))
                == ["record refused \(reason.name)", "refuse 1 \(reason.name)"]
        )
        try driver.contribute(number)
        #expect(driver.accepted.count == 1, "a refused copy does not keep out the real one")
    }

    @Test("A second contribution of a participant is refused, after the first and while both are checked")
    func duplicates() throws {
        var (driver, invited, _) = try opened()
        let (first, second) = (invited[0], invited[1])
        let copy = try driver.statement(first)
        try driver.contribute(first)
        try driver.receive(copy, ticket: 10)
        #expect(driver.refusal(of: 10) == .duplicate, "the same message twice")
        try driver.receive(driver.statement(first, nonce: 9), ticket: 11)
        #expect(driver.refusal(of: 11) == .duplicate, "another message")
        try driver.receive(driver.statement(second), ticket: 12)
        try driver.receive(driver.statement(second, nonce: 9), ticket: 13)
        try driver.approve(13)
        try driver.approve(12)
        #expect(driver.refusal(of: 12) == .duplicate, "its check ended later")
        #expect(driver.accepted.map(\.contribution.ticket) == [UInt64(first), 13])
    }

    @Test("What comes after the deadline is late, before and after the timer fires")
    func late() throws {
        var (driver, invited, _) = try opened()
        for number in invited.prefix(2) { try driver.contribute(number) }
        let statement = try driver.statement(invited[2])
        driver.nowMs += 60_000
        try driver.receive(driver.statement(invited[2], samples: 0), ticket: 30)
        #expect(driver.refusal(of: 30) == .badSampleCount, "the deadline itself is in time")
        driver.nowMs += 1
        try driver.receive(statement, ticket: 31)
        #expect(driver.refusal(of: 31) == .late)
        try driver.passDeadline()
        try driver.receive(statement, ticket: 32)
        #expect(driver.refusal(of: 32) == .late, "the round is being averaged")
        try driver.receive(driver.statement(invited[0], previous: .zero), ticket: 33)
        #expect(driver.refusal(of: 33) == .duplicate)
        try driver.handle(.aggregated(driver.result()))
        try driver.receive(statement, ticket: 34)
        #expect(driver.refusal(of: 34) == .staleRound)
    }

    @Test("Once the deadline was reported, messages are late even at the deadline's millisecond")
    func lateWhileClosing() throws {
        var (driver, invited, _) = try opened()
        try driver.receive(driver.statement(invited[0]), ticket: 1)
        driver.nowMs += 60_000
        try driver.passDeadline()
        try driver.receive(driver.statement(invited[1]), ticket: 2)
        #expect(driver.refusal(of: 2) == .late)
    }

    @Test("The round's total weight stays exact, though more were checked at once")
    func totalWeight() throws {
        let most = UInt64(FederationLimits.sampleCount)
        let fit = Int(LedgerLimits.totalWeight / most)
        let claimed = WeightRule(weighting: .claimed)
        var driver = try EngineDriver(
            Fixtures.task(size: fit + 3, quorum: 1, weights: claimed), participants: fit + 3)
        try driver.handle(.start)
        for number in 0..<fit + 2 {
            try driver.receive(driver.statement(number, samples: most), ticket: UInt64(number))
        }
        for number in 0..<fit + 2 { try driver.approve(UInt64(number)) }
        #expect(driver.accepted.count == fit)
        #expect(driver.refusals.map(\.reason) == [.badSampleCount, .badSampleCount])
        try driver.receive(driver.statement(fit + 2, samples: 1), ticket: 100)
        try driver.approve(100)
        #expect(driver.refusal(of: 100) == .badSampleCount)
        try driver.passDeadline()
        try driver.handle(.aggregated(driver.result()))
        #expect(driver.engine.round == 2)
    }

    @Test("Where weights are claimed, no claim is past the cap that the task names")
    func claimCap() throws {
        let reward = TaskReward(pool: 1_000_000, targetDrop: 1_000, samplesCap: 50)
        let task = try Fixtures.task(size: 2, reward: reward, weights: WeightRule(weighting: .claimed))
        var driver = try EngineDriver(task, participants: 2)
        try driver.handle(.start)
        try driver.receive(driver.statement(0, samples: 51), ticket: 1)
        #expect(driver.refusal(of: 1) == .badSampleCount)
        try driver.contribute(0, samples: 50, squaredNorm: EngineDriver.bound)
        #expect(driver.accepted.map(\.contribution.weight) == [50])
        #expect(
            try driver.entries { if case .roundOpened(let opened) = $0 { opened } else { nil } }[0].boundSquared == nil)
    }

    @Test("An update that was accepted already is refused as copied, when it arrives and when its check ends")
    func copied() throws {
        var (driver, invited, _) = try opened()
        let update = Fixtures.digest("the update")
        for (ticket, number) in invited.enumerated() {
            let words = try driver.receive(driver.statement(number, update: update), ticket: UInt64(ticket))
            #expect(words == ["check \(ticket)"])
        }
        try driver.approve(1)
        #expect(try driver.approve(0) == ["record refused copied", "refuse 0 copied"], "its check ended later")
        #expect(try driver.approve(2) == ["record refused copied", "refuse 2 copied"])
        try driver.receive(driver.statement(invited[0], nonce: 1, update: update), ticket: 3)
        #expect(driver.refusal(of: 3) == .copied, "it came later")
        #expect(driver.accepted.map { Int($0.contribution.participant) } == [invited[1]])
        try driver.contribute(invited[0])
        try driver.contribute(invited[2])
        try driver.handle(.aggregated(driver.result()))
        let next = try driver.entries { if case .roundOpened(let opened) = $0 { opened } else { nil } }[1]
        try driver.receive(driver.statement(Int(next.cohort[0]), update: update), ticket: 4)
        #expect(driver.refusal(of: 4) == nil, "it counts for one round")
    }

    @Test("A round checks a bounded number of contributions at once and refuses one more")
    func checksInFlight() throws {
        var (driver, invited, _) = try opened()
        for ticket in 0..<UInt64(FederationLimits.checksInFlight) {
            let statement = try driver.statement(invited[0], samples: ticket + 1)
            #expect(try driver.receive(statement, ticket: ticket) == ["check \(ticket)"])
        }
        try driver.receive(driver.statement(invited[1]), ticket: 9_999)
        #expect(driver.refusal(of: 9_999) == .roundFull)
        try driver.approve(17)
        try driver.receive(driver.statement(invited[1]), ticket: 10_000)
        #expect(driver.refusal(of: 10_000) == nil)
    }

    @Test("A key's refusals are recorded up to a limit each round; unknown and unreadable ones share one")
    func recordedRefusals() throws {
        var (driver, invited, outsider) = try opened()
        func recorded() throws -> Int {
            try driver.entries { if case .contributionRefused = $0 { true } else { nil } }.count
        }
        let limit = FederationLimits.recordedRefusalsPerRound
        for ticket in 0..<UInt64(2 * limit) {
            try driver.receive(driver.statement(outsider, samples: ticket), ticket: ticket)
        }
        #expect(try recorded() == limit)
        for ticket in 0..<UInt64(2 * limit) {
            try driver.receive(bytes: [0xFF, UInt8(ticket)], ticket: 100 + ticket)
            try driver.receive(driver.statement(40 + Int(ticket)), ticket: 200 + ticket)
        }
        #expect(try recorded() == 2 * limit)
        #expect(driver.refusals.count == 6 * limit, "each sender is told")
        for number in invited { try driver.contribute(number) }
        try driver.handle(.aggregated(driver.result()))
        try driver.receive(driver.statement(outsider, samples: 999, baseModel: .zero), ticket: 300)
        #expect(try recorded() == 2 * limit + 1, "the next round starts to count anew")
    }

    @Test("A detail longer than an entry takes is cut, whatever its characters are made of")
    func longDetail() throws {
        var (driver, invited, _) = try opened()
        try driver.receive(driver.statement(invited[0]), ticket: 1)
        let detail = "e" + String(repeating: "\u{1F3FD}\u{301}", count: 5_000)
        try driver.handle(.checked(ticket: 1, verdict: .refused(.offGrid, detail: detail)))
        let recorded = try driver.entries { if case .contributionRefused(let entry) = $0 { entry } else { nil } }
        #expect(recorded.count == 1)
    }

    @Test("Every reason has a name of lower-case words")
    func names() {
        #expect(RefusalReason.staleRound.name == "stale-round")
        #expect(RefusalReason.late.name == "late")
        let names = RefusalReason.allCases.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.allSatisfy { $0.isLowercase || $0 == "-" } && $0.first != "-" })
    }
}
