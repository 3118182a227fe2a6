import Federation
import Ledger
import Tensors
import Testing

@Suite("Any order of events")
struct RoundOrderTests {
    /// All ways to order arrivals and verdicts of three participants, each verdict after its arrival: 90.
    private static let orders: [[Int]] = {
        func extend(_ order: [Int]) -> [[Int]] {
            guard order.count < 6 else { return [order] }
            return (0..<3).filter { number in order.count { $0 == number } < 2 }.flatMap { extend(order + [$0]) }
        }
        return extend([])
    }()

    @Test("All orders of three arrivals and their checks, with the deadline anywhere, accept those who came before it")
    func exhaustive() throws {
        #expect(Self.orders.count == 90)
        var closings: [Set<Int>: Set<String>] = [:]
        for order in Self.orders {
            for deadline in 0...order.count {
                let (inTime, driver, closing) = try play(order, deadline: deadline)
                #expect(Set(driver.accepted.map { Int($0.contribution.participant) }) == inTime)
                #expect(driver.accepted.count == inTime.count)
                #expect(driver.refusals.allSatisfy { [.late, .staleRound].contains($0.reason) })
                #expect(driver.refusals.count + driver.accepted.count == 3)
                closings[inTime, default: []].insert(closing)
            }
        }
        #expect(closings.count == 8, "each subset came in time somewhere")
        for (inTime, closing) in closings {
            #expect(closing.count == 1, "the same contributions close the round in the same way")
            #expect(
                closing.first?.hasPrefix(inTime.count >= 2 ? "aggregate 1 of \(inTime.sorted())" : "abandon 1") == true
            )
        }
    }

    /// Plays one order and says who came in time and what ended the round.
    private func play(_ order: [Int], deadline: Int) throws -> (Set<Int>, EngineDriver, String) {
        var driver = try EngineDriver(Fixtures.task(size: 3, quorum: 2), participants: 3)
        try driver.handle(.start)
        var inTime: Set<Int> = []
        var seen: Set<Int> = []
        var words: [String] = []
        let statements = try (0..<3).map { try driver.statement($0) }
        for step in 0...order.count {
            if step == deadline {
                driver.nowMs += 60_001
                words += try driver.handle(.deadlinePassed(round: 1))
            }
            guard step < order.count else { break }
            let number = order[step]
            if seen.insert(number).inserted {
                if step < deadline { inTime.insert(number) }
                words += try driver.receive(statements[number], ticket: UInt64(number))
            } else {
                words += try driver.approve(UInt64(number))
            }
        }
        let closing = words.filter {
            $0.hasPrefix("aggregate") || $0.hasPrefix("abandon") || $0.hasPrefix("record sealed")
        }
        return (inTime, driver, closing.joined(separator: ", "))
    }

    @Test("With over-selection, the first to be found sound are taken, whatever the order of arrival")
    func firstSound() throws {
        for order in Self.orders {
            var driver = try EngineDriver(Fixtures.task(size: 2, overSelection: 1.5), participants: 3)
            try driver.handle(.start)
            let statements = try (0..<3).map { try driver.statement($0) }
            var seen: Set<Int> = []
            var verdicts: [Int] = []
            for number in order {
                if seen.insert(number).inserted {
                    try driver.receive(statements[number], ticket: UInt64(number))
                } else {
                    try driver.approve(UInt64(number))
                    verdicts.append(number)
                }
            }
            #expect(driver.accepted.map { Int($0.contribution.participant) } == Array(verdicts.prefix(2)))
            #expect(driver.toAggregate.map { Int($0.participant) } == verdicts.prefix(2).sorted())
            #expect(driver.refusals.map(\.reason) == [.roundFull])
        }
    }

    @Test("Thousands of random runs: nobody counts twice, nothing after the close, and the rules take every entry")
    func randomRuns() throws {
        var finished = 0
        var acceptedCount = 0
        for seed in 0..<2_000 as Range<UInt64> {
            var run = try RandomRun(seed: seed)
            for _ in 0..<60 { try run.step() }
            acceptedCount += run.driver.accepted.count
            finished += run.driver.hasFinished ? 1 : 0
            try check(run.driver)
        }
        #expect(acceptedCount > 3_000 && finished > 300, "the runs get somewhere: \(acceptedCount), \(finished)")
    }

    private func check(_ driver: EngineDriver) throws {
        let names = driver.accepted.map { [Int($0.round), Int($0.contribution.participant)] }
        #expect(Set(names).count == names.count, "a participant counts once a round")
        let opened = try driver.entries { if case .roundOpened(let opened) = $0 { opened } else { nil } }
        for (round, contribution) in driver.accepted {
            #expect(opened[Int(round) - 1].cohort.contains(contribution.participant))
        }
        for (round, taken) in Dictionary(grouping: driver.accepted, by: \.round) {
            let most = driver.terms.trust == .open ? driver.keys.count : driver.configuration.cohort.size
            #expect(taken.count <= most)
            #expect(taken.reduce(0) { $0 + $1.contribution.weight } <= LedgerLimits.totalWeight)
            #expect(round <= driver.engine.round)
        }
        let recorded = try driver.entries { if case .contributionAccepted(let entry) = $0 { entry } else { nil } }
        #expect(recorded.count == driver.accepted.count)
        #expect(driver.journal.state.participants.reduce(0) { $0 + $1.acceptedCount } == recorded.count)
        try LedgerInvariants.check(driver.journal.state)
        #expect(driver.hasFinished == driver.engine.isFinished)
    }

    @Test("The same events give the same log")
    func sameLog() throws {
        for seed in 0..<20 as Range<UInt64> {
            var (first, second) = (try RandomRun(seed: seed), try RandomRun(seed: seed))
            for _ in 0..<40 {
                try first.step()
                try second.step()
            }
            #expect(first.driver.journal.root == second.driver.journal.root)
        }
    }
}
