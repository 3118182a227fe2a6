import Tensors
import Testing
import Valuation

@Suite("The path score")
struct PathScorerTests {
    private let unitsPerNat: Int64 = 1_000_000_000_000

    @Test("On a quadratic loss the scores are the Shapley values, exactly")
    func shapley() throws {
        // Value of a coalition with sum a: g·a - ½ aᵀHa, so the loss is its negative.
        let deltas: [(Double, Double)] = [(1, 0), (0, 2), (1, 1)]
        func value(_ x: Double, _ y: Double) -> Double {
            3 * x + 5 * y - 0.5 * (2 * x * x + 2 * x * y + 4 * y * y)
        }
        var shapley = [0.0, 0.0, 0.0]
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            var (x, y) = (0.0, 0.0)
            for member in order {
                let before = value(x, y)
                (x, y) = (x + deltas[member].0, y + deltas[member].1)
                shapley[member] += (value(x, y) - before) / 6
            }
        }
        // Gradient of the loss at s·D, D = (2, 3): -(g - s·H·D).
        func gradient(_ s: Double) -> ParameterBuffer {
            ParameterBuffer([Float(-(3 - s * 7)), Float(-(5 - s * 14))])
        }
        let grid = try Grid(fractionBits: 8)
        let scorer = try PathScorer(
            gradient: PathGradient(start: gradient(0), middle: gradient(0.5), end: gradient(1)),
            surprise: nil,
            grid: grid,
            learningRate: 3,
            denominator: 3
        )
        let scores = try deltas.map {
            try scorer.score(Fixtures.set(ParameterBuffer([Float($0.0), Float($0.1)])), weight: 1)
        }
        #expect(scores.map(\.full) == [-unitsPerNat / 2, -4 * unitsPerNat, -5 * unitsPerNat / 2])
        #expect(scores.map { Double($0.full) } == shapley.map { ($0 * 1e12).rounded() })
        let gap = EfficiencyGap(
            scores: scores.map(\.full),
            lossBefore: 0,
            lossAfter: Int64(-value(2, 3) * 1e12)
        )
        #expect(gap.gap == 0 && gap.warning == nil)
    }

    @Test("Simpson's rule is exact on a loss of degree four")
    func quartic() throws {
        func slope(_ x: Float) -> ParameterBuffer { ParameterBuffer([4 * x * x * x]) }
        let scorer = try PathScorer(
            gradient: PathGradient(start: slope(1), middle: slope(1.25), end: slope(1.5)),
            surprise: nil,
            grid: .standard,
            learningRate: 1,
            denominator: 7
        )
        let score = try scorer.score(Fixtures.set(ParameterBuffer([0.5])), weight: 7)
        #expect(score.full == Int64((1.0 - 1.5 * 1.5 * 1.5 * 1.5) * 1e12))
    }

    @Test("The score follows the written sequence of operations to the last unit")
    func sequence() throws {
        let count = 3_000
        for seed in 0..<20 as Range<UInt64> {
            let gradient = Fixtures.gradient(count, seed: seed)
            let second = Fixtures.gradient(count, seed: seed + 100)
            let integers = Fixtures.gridIntegers(count, seed: seed + 200)
            let scorer = try Fixtures.scorer(gradient: gradient, second: second, learningRate: 0.7, denominator: 977)
            let score = try scorer.score(Fixtures.set(Fixtures.buffer(integers)), weight: 13)
            let path = Reference.direction(Reference.gradient(gradient, gradient, gradient))
            let other = Reference.direction(Reference.gradient(second, second, second))
            func power(_ exponent: Int) -> Double { Double(sign: .plus, exponent: exponent, significand: 1) }
            let x = Double(Reference.dot(integers, path.integers)) * power(-24 - path.exponent)
            let y = Double(Reference.dot(integers, other.integers)) * power(-24 - other.exponent)
            let share = 0.7 * 13.0 / 977.0
            let full = -(share * x)
            let novel = -(share * y)
            #expect(score.full == Int64((full * 1e12).rounded(.toNearestOrEven)))
            #expect(score.novel == Int64((novel * 1e12).rounded(.toNearestOrEven)))
        }
    }

    @Test("The score is within 1e-5 of the norms of the Float64 dot product with the unrounded gradient")
    func accuracy() throws {
        let count = 20_000
        let gradient = Fixtures.gradient(count, seed: 20)
        let integers = Fixtures.gridIntegers(count, seed: 21)
        let scorer = try Fixtures.scorer(gradient: gradient, denominator: 1)
        let score = try scorer.score(Fixtures.set(Fixtures.buffer(integers)), weight: 1)
        let exact = -zip(integers, gradient).reduce(0.0) { $0 + Double($1.0) * 0x1p-24 * Double($1.1) }
        let squares = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }
        let updateSquares = integers.reduce(0.0) { $0 + Double($1) * Double($1) * 0x1p-48 }
        #expect(abs(Double(score.full) / 1e12 - exact) <= 1e-5 * (squares * updateSquares).squareRoot())
    }

    @Test("An update of zeros scores zero")
    func nullPlayer() throws {
        let scorer = try Fixtures.scorer(
            gradient: Fixtures.gradient(500, seed: 1),
            second: Fixtures.gradient(500, seed: 2)
        )
        let score = try scorer.score(Fixtures.set(ParameterBuffer(zeros: 500)), weight: 10)
        #expect(score == PathScore(full: 0, novel: 0))
    }

    @Test("A participant that comes as several is paid the same, to one unit a part")
    func splitting() throws {
        let count = 4_000
        let scorer = try Fixtures.scorer(
            gradient: Fixtures.gradient(count, seed: 30),
            second: Fixtures.gradient(count, seed: 31)
        )
        let first = Fixtures.gridIntegers(count, seed: 32, bound: 1 << 20)
        let second = Fixtures.gridIntegers(count, seed: 33, bound: 1 << 20)
        func score(_ integers: [Int128], _ weight: Int64) throws -> PathScore {
            try scorer.score(Fixtures.set(Fixtures.buffer(integers)), weight: weight)
        }
        let whole = try score(zip(first, second).map { $0 + $1 }, 100)
        let parts = try [score(first, 100), score(second, 100)]
        #expect(abs(whole.full - parts[0].full - parts[1].full) <= 2)
        #expect(abs(whole.novel - parts[0].novel - parts[1].novel) <= 2)
        let shares = try [1, 9, 40, 50].map { try score(first, $0) }
        let together = try score(first, 100)
        #expect(abs(together.full - shares.reduce(0) { $0 + $1.full }) <= 4)
        #expect(abs(together.novel - shares.reduce(0) { $0 + $1.novel }) <= 4)
    }

    @Test("Without a surprise gradient, or with one of an empty basis, novel is full")
    func noSurprise() throws {
        let gradient = Fixtures.gradient(100, seed: 50)
        let integers = Fixtures.gridIntegers(100, seed: 51)
        let none = try Fixtures.scorer(gradient: gradient)
        let same = try Fixtures.scorer(gradient: gradient, second: gradient)
        let score = try none.score(Fixtures.set(Fixtures.buffer(integers)), weight: 3)
        #expect(score.full == score.novel && score.full != 0)
        #expect(try same.score(Fixtures.set(Fixtures.buffer(integers)), weight: 3) == score)
    }

    @Test("A weight of zero scores zero, and the whole denominator is allowed")
    func extremeWeights() throws {
        let scorer = try Fixtures.scorer(gradient: [1, 2], second: [3, 4])
        let update = try Fixtures.set(ParameterBuffer([0.5, -0.5]))
        #expect(try scorer.score(update, weight: 0) == PathScore(full: 0, novel: 0))
        #expect(try scorer.score(update, weight: 1_000) == PathScore(full: unitsPerNat / 2, novel: unitsPerNat / 2))
    }

    @Test("A gradient of zeros scores zero")
    func zeroGradient() throws {
        let scorer = try Fixtures.scorer(gradient: [0, -0.0, 0], second: [0, 0, -0.0])
        let score = try scorer.score(Fixtures.set(ParameterBuffer([0.5, -0.5, 0.25])), weight: 1)
        #expect(score == PathScore(full: 0, novel: 0))
    }

    @Test("The extremes of float32 gradients saturate or are refused, never trapped on")
    func extremeGradients() throws {
        let update = try Fixtures.set(ParameterBuffer([0.5]))
        let tiny = try Fixtures.scorer(gradient: [.leastNonzeroMagnitude], second: [.leastNonzeroMagnitude])
        #expect(try tiny.score(update, weight: 1000) == PathScore(full: 0, novel: 0))
        let huge = try Fixtures.scorer(gradient: [.greatestFiniteMagnitude], second: [-.greatestFiniteMagnitude])
        let limit = ValuationLimits.score
        #expect(try huge.score(update, weight: 1) == PathScore(full: -limit, novel: limit))
        #expect(limit == 1 << 62)
        for bad in [Float.nan, .infinity, -.infinity] {
            #expect(failure { () throws(ValuationError) in try Fixtures.scorer(gradient: [0, bad]) } == .notFinite)
            #expect(
                failure { () throws(ValuationError) in try Fixtures.scorer(gradient: [0, 0], second: [bad, 0]) }
                    == .notFinite
            )
        }
    }

    @Test("Weights, rates and counts out of range are refused")
    func ranges() throws {
        let update = try Fixtures.set(ParameterBuffer([0.5]))
        let scorer = try Fixtures.scorer(gradient: [1])
        for weight in [-1, 1_001, .min, .max] as [Int64] {
            #expect(failure { () throws(ValuationError) in try scorer.score(update, weight: weight) } == .invalidWeight)
        }
        for total in [0, -1, ValuationLimits.totalWeight + 1] {
            #expect(
                failure { () throws(ValuationError) in try Fixtures.scorer(gradient: [1], denominator: total) }
                    == .invalidWeight
            )
        }
        for rate in [0, -1, .nan, .infinity] {
            #expect(
                failure { () throws(ValuationError) in try Fixtures.scorer(gradient: [1], learningRate: rate) }
                    == .invalidConfiguration
            )
        }
        #expect(
            failure { () throws(ValuationError) in try Fixtures.scorer(gradient: [1], second: [1, 2]) } == .wrongCount
        )
        let one = ParameterBuffer([1])
        let two = ParameterBuffer([1, 2])
        #expect(
            failure { () throws(ValuationError) in try PathGradient(start: one, middle: two, end: one) } == .wrongCount
        )
    }
}
