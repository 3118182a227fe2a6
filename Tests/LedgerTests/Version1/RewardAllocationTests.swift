import Ledger
import Tensors
import Testing

@Suite("Dividing a pool among scores")
struct RewardAllocationTests {
    @Test("Amounts and carry add up to the pool, for random pools and scores of any sign")
    func sumsToPool() {
        var generator = SeededGenerator(seed: 1, stream: "allocation")
        for _ in 0..<2_000 {
            let pool = generator.next() >> UInt64(generator.nextIndex(below: 64))
            let scores = (0..<generator.nextIndex(below: 20)).map { _ in
                Int64(bitPattern: generator.next()) >> Int64(generator.nextIndex(below: 63))
            }
            let (amounts, carried) = RewardAllocation.floorAndCarry(pool: pool, scores: scores)
            #expect(amounts.reduce(UInt128(carried)) { $0 + UInt128($1) } == UInt128(pool))
            for (score, amount) in zip(scores, amounts) where score <= 0 { #expect(amount == 0) }
            let positive = scores.filter { $0 > 0 }.count
            if positive > 0 { #expect(carried < UInt64(positive)) }
        }
    }

    @Test("The extremes of 64 bits are divided exactly in 128")
    func extremes() {
        let most = RewardAllocation.floorAndCarry(pool: .max, scores: [.max, .max, .min])
        #expect(most.amounts == [UInt64.max / 2, UInt64.max / 2, 0])
        #expect(most.carried == 1)
        #expect(RewardAllocation.floorAndCarry(pool: .max, scores: [.max]).amounts == [.max])
        let thousand = RewardAllocation.floorAndCarry(pool: .max, scores: [Int64](repeating: .max, count: 1_000))
        #expect(thousand.amounts.allSatisfy { $0 == UInt64.max / 1_000 })
        #expect(thousand.carried == UInt64.max % 1_000)
    }

    @Test("Without a positive score everything is carried")
    func nothingPositive() {
        for scores in [[], [0], [-1, .min], [Int64]()] {
            let (amounts, carried) = RewardAllocation.floorAndCarry(pool: 77, scores: scores)
            #expect(amounts == scores.map { _ in 0 })
            #expect(carried == 77)
        }
    }

    @Test("Splitting one participant into several never gains, for all small pools, scores and splits")
    func splittingNeverGains() {
        for pool in UInt64(0)...24 {
            for mine in Int64(1)...8 {
                for others in Int64(0)...8 {
                    let whole = RewardAllocation.floorAndCarry(pool: pool, scores: [mine, others]).amounts[0]
                    for first in 0...mine {
                        for second in 0...(mine - first) {
                            let parts = [first, second, mine - first - second, others]
                            let amounts = RewardAllocation.floorAndCarry(pool: pool, scores: parts).amounts
                            #expect(amounts[0] + amounts[1] + amounts[2] <= whole)
                        }
                    }
                }
            }
        }
    }

    @Test("Splitting never gains for random large pools either")
    func splittingNeverGainsAtScale() {
        var generator = SeededGenerator(seed: 2, stream: "split")
        for _ in 0..<2_000 {
            let pool = generator.next()
            let mine = Int64(generator.next() >> 2)
            let others = (0..<3).map { _ in Int64(generator.next() >> 2) }
            let whole = RewardAllocation.floorAndCarry(pool: pool, scores: [mine] + others).amounts[0]
            let cut = Int64(generator.nextIndex(below: Int(mine) + 1))
            let parts = RewardAllocation.floorAndCarry(pool: pool, scores: [cut, mine - cut] + others).amounts
            #expect(UInt128(parts[0]) + UInt128(parts[1]) <= UInt128(whole))
        }
    }
}
