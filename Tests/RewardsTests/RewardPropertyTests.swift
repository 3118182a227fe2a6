import Rewards
import Tensors
import Testing

@Suite("What the pay rule promises, on random numbers")
struct RewardPropertyTests {
    private func wide(_ generator: inout SeededGenerator, bits: Int) -> UInt128 {
        let value = UInt128(generator.next()) << 64 | UInt128(generator.next())
        return value >> UInt128(128 - bits + generator.nextIndex(below: bits))
    }

    @Test("The factor is the largest integer f with f² · K at most 2²⁴ · B²")
    func largestFactor() {
        var generator = SeededGenerator(seed: 1, stream: "factor")
        for _ in 0..<5_000 {
            let bound = max(1, wide(&generator, bits: 96)) * 9 / 4
            // Norms of every size, and many just around the bound.
            let near = bound >> UInt128(generator.nextIndex(below: 20))
            let squared =
                generator.next() & 1 == 0 ? wide(&generator, bits: 79) : near + UInt128(generator.nextIndex(below: 3))
            let norm = UpdateNorm(squared: min(squared, 1 << 79), units: 4)
            let weight = EffectiveWeight(norm: norm, boundSquared: bound)
            let limit = bound << 24
            let (factor, next) = (UInt128(weight.factor), UInt128(weight.factor + 1))
            #expect(factor <= 4_096 && weight.value == 4 * weight.factor)
            #expect(factor * factor * norm.squared <= limit)
            if factor < 4_096 { #expect(next * next * norm.squared > limit) }
        }
    }

    @Test("The square root is exact at every square and beside it")
    func squareRoots() {
        for root in UInt128(1)..<4_096 {
            for (offset, expected) in [(UInt128(0), root), (1, root), (2 * root, root), (2 * root + 1, root + 1)] {
                // 2^24 · B² / K = root² + offset, with K = 2^24.
                let norm = UpdateNorm(squared: 1 << 24, units: 1)
                let bound = root * root + offset
                guard bound < norm.squared else { continue }
                #expect(EffectiveWeight(norm: norm, boundSquared: bound).factor == UInt64(expected))
            }
        }
    }

    @Test("Within 131,072 units the weights' sum is at most 2²⁹, and so is the denominator")
    func totalWeight() {
        let heaviest = EffectiveWeight(norm: UpdateNorm(squared: 0, units: 8), boundSquared: 1).value
        #expect(heaviest * (Units.roundTotal / 8) == 1 << 29)
        #expect(EffectiveWeight.denominator(units: Units.roundTotal) == 1 << 29)
        #expect(EffectiveWeight(norm: UpdateNorm(squared: 1 << 79, units: 8), boundSquared: 1).value == 0)
    }

    @Test("The bound never passes three halves of the task's own, whoever scales up")
    func boundedBound() {
        var generator = SeededGenerator(seed: 2, stream: "bound")
        for _ in 0..<500 {
            let task = max(1, wide(&generator, bits: 96))
            var previous: UInt128?
            for _ in 0..<8 {
                let recent = (0..<generator.nextIndex(below: 6)).map { _ in
                    UpdateNorm(squared: wide(&generator, bits: 79), units: UInt32(1 + generator.nextIndex(below: 8)))
                }
                let bound = NormBound.next(recent: recent, taskBoundSquared: task, previousBase: previous)
                #expect(bound.base <= task && bound.squared == bound.base * 9 / 4)
                if let previous { #expect(bound.base >= previous / 4) }
                previous = bound.base
            }
        }
    }

    @Test("Splitting one merit among several participants never gains by rounding")
    func splitting() {
        var generator = SeededGenerator(seed: 3, stream: "split")
        for _ in 0..<2_000 {
            let mine = Int64(generator.next() >> 2)
            let others = (0..<3).map { _ in Int64(bitPattern: generator.next()) >> 2 }
            let parts = (0..<4).map { _ in Int64(generator.nextIndex(below: Int(mine / 4) + 1)) }
            let pool = generator.next() >> 1
            func settle(_ merits: [Int64]) -> [UInt64] {
                TaskSettlement(pool: pool, lossBefore: 9, lossAfter: 2, targetDrop: 10, merits: merits).payments
            }
            let split = settle(parts + [mine - parts.reduce(0, +)] + others).prefix(5)
            #expect(split.reduce(0, +) <= settle([mine] + others)[0])
        }
    }

    @Test("Splitting scores of one round gains no merit by rounding")
    func splittingScores() {
        var generator = SeededGenerator(seed: 4, stream: "scores")
        for _ in 0..<2_000 {
            let share = UInt32(generator.nextIndex(below: 65_537))
            let whole = Int64(bitPattern: generator.next()) >> 3
            let part = Int64(bitPattern: generator.next()) >> 3
            let gains = [part, whole - part].map { Merit.gain(novel: $0, agreement: share) }
            #expect(gains[0] + gains[1] <= Merit.gain(novel: whole, agreement: share))
        }
    }

    @Test("Echo weights never pass the effective ones, and the best score keeps all of its weight")
    func echoes() {
        var generator = SeededGenerator(seed: 5, stream: "echo")
        for _ in 0..<500 {
            let count = 1 + generator.nextIndex(below: 8)
            let effective = (0..<count).map { _ in UInt64(generator.nextIndex(below: 32_769)) }
            let novel = (0..<count).map { _ in Int64(bitPattern: generator.next()) >> 1 }
            let echo = EchoWeights.weights(effective: effective, novel: novel)
            for (weight, most) in zip(echo, effective) { #expect(weight <= most) }
            if let best = novel.indices.max(by: { novel[$0] < novel[$1] }), novel[best] > 0 {
                #expect(echo[best] == effective[best])
            } else {
                #expect(echo.allSatisfy { $0 == 0 })
            }
        }
    }

    @Test("Without a positive merit the whole pool goes back; samples pay by rounds")
    func nobody() {
        let nobody = TaskSettlement(pool: 100, lossBefore: 9, lossAfter: 0, targetDrop: 1, merits: [0, -5])
        #expect(nobody.payable == 0 && nobody.payments == [0, 0] && nobody.returned == 100)
        #expect(TaskSettlement(pool: 100, lossBefore: 9, lossAfter: 0, targetDrop: 1, merits: []).returned == 100)
        let worse = TaskSettlement(pool: 100, lossBefore: .min, lossAfter: .max, targetDrop: 1, merits: [1])
        #expect(worse.payable == 0)
        let most = TaskSettlement(pool: .max, lossBefore: .max, lossAfter: .min, targetDrop: .max, merits: [1])
        #expect(most.payable == .max && most.payments == [.max])
        let half = TaskSettlement(pool: 101, aggregatedRounds: 5, roundCount: 10, merits: [30, 70])
        #expect(half.payable == 50 && half.payments == [15, 35])
    }
}
