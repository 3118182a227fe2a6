import Rewards
import Testing

@Suite("The pay rule gives the reference's integers")
struct GoldenRewardTests {
    private let vectors: RewardVectors

    init() throws { vectors = try RewardVectors.read() }

    private func wide(_ text: String) throws -> UInt128 { try #require(UInt128(text)) }
    private func score(_ text: String) throws -> Int64 { try #require(Int64(text)) }
    private func amount(_ text: String) throws -> UInt64 { try #require(UInt64(text)) }

    @Test("Effective weights")
    func weights() throws {
        #expect(vectors.weights.count == 300)
        for expected in vectors.weights {
            let norm = UpdateNorm(squared: try wide(expected.squared), units: expected.units)
            let weight = EffectiveWeight(norm: norm, boundSquared: try wide(expected.bound))
            #expect(weight.factor == expected.factor)
            #expect(weight.value == expected.weight)
        }
    }

    @Test("Bounds, with ties, tiny norms and 131,072 units")
    func bounds() throws {
        for expected in vectors.bounds {
            var recent = try zip(expected.squared, expected.units).map {
                UpdateNorm(squared: try wide($0), units: $1)
            }
            for run in expected.runs ?? [] {
                let norm = UpdateNorm(squared: try wide(run[0]), units: try #require(UInt32(run[1])))
                recent += [UpdateNorm](repeating: norm, count: try #require(Int(run[2])))
            }
            let bound = NormBound.next(
                recent: recent,
                taskBoundSquared: try wide(expected.task),
                previousBase: try expected.previous.map(wide)
            )
            #expect(bound.base == (try wide(expected.base)))
            #expect(bound.squared == (try wide(expected.bound)))
        }
    }

    @Test("Agreement, gains and echo weights, with saturated scores, none positive and all zero")
    func rounds() throws {
        for expected in vectors.rounds {
            let novel = try expected.novel.map(score)
            let share = Agreement.share(of: novel)
            #expect(share == expected.share)
            #expect(novel.map { Merit.gain(novel: $0, agreement: share) } == (try expected.gains.map(score)))
            #expect(EchoWeights.weights(effective: expected.effective, novel: novel) == expected.echo)
        }
    }

    @Test("Merits, clamped once at the end")
    func merits() throws {
        for expected in vectors.merits {
            var merit = Merit()
            for gain in try expected.gains.map(score) { merit.add(gain) }
            #expect(merit.value == (try score(expected.merit)))
        }
    }

    @Test("Settlements")
    func settlements() throws {
        #expect(vectors.settlements.count == 2_000)
        for expected in vectors.settlements {
            let settlement = TaskSettlement(
                pool: try amount(expected.pool),
                lossBefore: try score(expected.before),
                lossAfter: try score(expected.after),
                targetDrop: try amount(expected.target),
                merits: try expected.merits.map(score)
            )
            #expect(settlement.payable == (try amount(expected.payable)))
            #expect(settlement.payments == (try expected.payments.map(amount)))
            #expect(settlement.paid == (try amount(expected.paid)))
            #expect(settlement.paid <= settlement.payable && settlement.payable <= settlement.pool)
            #expect(settlement.paid + settlement.returned == settlement.pool)
        }
    }
}
