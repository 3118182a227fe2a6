import Federation
import Ledger
import Testing

@Suite("Weights and bounds of a round")
struct WeightTests {
    /// Squared lengths in 2^48 squares of the grid's unit; the task's bound is 16 of them.
    private static let scale: UInt128 = 1 << 48

    /// Plays a round in which participants 0, 1, 2 send updates of those squared lengths.
    private func play(_ norms: [UInt128], _ driver: inout EngineDriver) throws {
        for (number, norm) in norms.enumerated() { try driver.contribute(number, squaredNorm: norm * Self.scale) }
        try driver.handle(.aggregated(driver.result()))
    }

    /// The bounds of the rounds so far, in quarters of 2^48.
    private func bounds(of driver: EngineDriver) throws -> [UInt128] {
        try driver.openings().map { ($0.boundSquared ?? 0) / (Self.scale / 4) }
    }

    @Test("The bound follows the median length of the last three rounds by units, and falls by half at most")
    func bounds() throws {
        var driver = try EngineDriver(Fixtures.task(rounds: 9), participants: 3)
        try driver.assign(units: 8, to: 2)
        try driver.handle(.start)
        // Medians, counted by hand: 6, 9, 5 and 2; the base is that of 16 before the first.
        for norms in [[12, 6, 5], [0, 20, 9], [2, 2, 2], [1, 1, 1]] as [[UInt128]] { try play(norms, &driver) }
        // A square of 9/4 of the base.
        #expect(try bounds(of: driver) == [144, 54, 81, 45, 18])
        // Far shorter updates: the base falls to a quarter of the one before in each round.
        for _ in 0..<3 {
            for number in 0..<3 { try driver.contribute(number, squaredNorm: 1) }
            try driver.handle(.aggregated(driver.result()))
        }
        // The base is 2, then 1 by the median of three rounds, then 1/4 and 1/16; the bound is 9/4 of it.
        let last = try driver.openings().last?.boundSquared
        #expect(last == Self.scale / 16 / 4 * 9)
    }

    @Test("A weight is the participant's units, shortened as far as the update is longer than the bound")
    func weights() throws {
        var driver = try EngineDriver(Fixtures.task(rounds: 9), participants: 3)
        try driver.assign(units: 8, to: 2)
        try driver.handle(.start)
        try play([12, 6, 5], &driver)
        #expect(driver.accepted.map(\.contribution.weight) == [16_384, 16_384, 32_768])
        try play([0, 20, 9], &driver)
        // The bound is 13.5: the root of 2^24 * 13.5 / 20 is 3365 and a bit.
        #expect(driver.accepted.suffix(3).map(\.contribution.weight) == [16_384, 13_460, 32_768])
        #expect(driver.accepted.map(\.contribution.units) == [4, 4, 8, 4, 4, 8])
        #expect(try driver.seals().map(\.totalWeight) == [65_536, 62_612])
        #expect(driver.accepted[4].contribution.squaredNorm == 20 * Self.scale)
        #expect(driver.accepted.map(\.contribution.sampleCount) == [10, 10, 10, 10, 10, 10])
    }

    @Test("Units that change while a round is open hold from the next one")
    func unitsInForce() throws {
        var driver = try EngineDriver(Fixtures.task(size: 2), participants: 2)
        try driver.handle(.start)
        try driver.contribute(0)
        try driver.assign(units: 1, to: 1)
        try driver.contribute(1)
        try driver.handle(.aggregated(driver.result()))
        try driver.contribute(1)
        #expect(driver.accepted.map(\.contribution.units) == [4, 4, 1])
        #expect(driver.accepted.map(\.contribution.weight) == [16_384, 16_384, 4_096])
    }

    @Test("The stated examples weigh nothing unless weights are claimed")
    func claims() throws {
        for weighting in TaskTerms.Weighting.allCases {
            let task = try Fixtures.task(size: 2, weights: WeightRule(weighting: weighting))
            var driver = try EngineDriver(task, participants: 2)
            try driver.handle(.start)
            try driver.contribute(0, samples: 7)
            try driver.contribute(1, samples: 9_318)
            let weights = driver.accepted.map(\.contribution.weight)
            let expected: [UInt64] = weighting == .claimed ? [7, 9_318] : [16_384, 16_384]
            #expect(weights == expected)
            try driver.handle(.aggregated(driver.result()))
            #expect(driver.engine.round == 2)
        }
    }

    @Test("Updates so long that nothing of them is left are accepted with weight 0, and their round diverges")
    func clippedAway() throws {
        var driver = try EngineDriver(Fixtures.task(size: 2), participants: 2, bound: 1)
        try driver.handle(.start)
        #expect(try driver.openings().map(\.boundSquared) == [2])
        for number in 0..<2 { try driver.contribute(number, squaredNorm: 1 << 26) }
        #expect(driver.accepted.map(\.contribution.weight) == [0, 0])
        try driver.handle(.aggregated(driver.divergence()))
        #expect(try driver.seals().map(\.outcome) == [.diverged])
        #expect(try driver.seals().map(\.totalWeight) == [0])
        #expect(driver.engine.round == 2)
    }
}
