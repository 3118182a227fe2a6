import Tensors
import Testing
import Valuation

@Suite("The surprise gradient")
struct SurpriseGradientTests {
    private func vector(_ count: Int, seed: UInt64) -> [Double] {
        var generator = SeededGenerator(seed: seed, stream: "vector")
        return (0..<count).map { _ in generator.nextNormal() }
    }

    /// The integers of a surprise gradient, read off with updates of one step each.
    private func integers(_ gradient: [Float], _ basis: SurpriseBasis, threads: Int = 1) throws -> [Int128] {
        let scorer = try scorer(gradient, basis, threads: threads)
        return try gradient.indices.map { place in
            var update = [Int128](repeating: 0, count: gradient.count)
            update[place] = 1
            return try scorer.project(Fixtures.buffer(update)).second
        }
    }

    private func scorer(
        _ gradient: [Float], _ basis: SurpriseBasis, threads: Int = 1
    ) throws(ValuationError) -> PathScorer {
        let values = ParameterBuffer(gradient)
        return try PathScorer(
            gradient: PathGradient(start: values, middle: values, end: values, threads: threads),
            surprise: SurpriseGradient(start: values, middle: values, end: values, basis: basis, threads: threads),
            grid: .standard, learningRate: 1, denominator: 1_000)
    }

    @Test("Up to ten random vectors leave the integers of brute force, for one to four threads", arguments: 0...10)
    func random(vectors: Int) throws {
        for count in [24, 300] {
            let history = (0..<vectors).map { vector(count, seed: UInt64(100 + $0)) }
            let gradient = Fixtures.gradient(count, seed: 60)
            let path = Reference.gradient(gradient, gradient, gradient)
            let expected = Reference.rest(of: path, beside: Reference.basis(history))
            for threads in 1...4 {
                let basis = try Fixtures.basis(history, count: count, threads: threads)
                #expect(basis.directionCount == vectors)
                #expect(try integers(gradient, basis, threads: threads) == expected.integers)
            }
        }
    }

    @Test("Vectors longer than a block project as brute force has it", arguments: [1_024, 4_097, 20_000])
    func long(count: Int) throws {
        let history = (0..<4).map { vector(count, seed: UInt64(200 + $0)) }
        let gradient = Fixtures.gradient(count, seed: 61)
        let expected = Reference.rest(
            of: Reference.gradient(gradient, gradient, gradient), beside: Reference.basis(history))
        let updates = (0..<3).map { Fixtures.gridIntegers(count, seed: UInt64(300 + $0)) }
        for threads in 1...4 {
            let scorer = try scorer(gradient, Fixtures.basis(history, count: count, threads: threads), threads: threads)
            for update in updates {
                let found = try scorer.project(Fixtures.buffer(update), threads: threads)
                #expect(found.second == Reference.dot(update, expected.integers))
            }
        }
    }

    @Test("All pairs of small integer vectors of two values give what brute force gives")
    func exhaustive() throws {
        for first in -3...3 {
            for second in -3...3 {
                for third in -3...3 where first != 0 || second != 0 {
                    let step = [Double(first), Double(second)]
                    let gradient = [Float(third), Float(second - first)]
                    let path = Reference.gradient(gradient, gradient, gradient)
                    let expected = Reference.rest(of: path, beside: Reference.basis([step]))
                    #expect(try integers(gradient, Fixtures.basis([step], count: 2)) == expected.integers)
                }
            }
        }
    }

    @Test("Any combination of the last five scored steps scores nothing novel", arguments: 0..<8)
    func replay(seed: UInt64) throws {
        let count = 20_000
        let rows = (0..<5).map { Fixtures.gridIntegers(count, seed: seed * 10 + $0, bound: 1 << 18) }
        let basis = try Fixtures.basis(rows.map { $0.map { Double($0) * 0x1p-24 } }, count: count)
        let gradient = Fixtures.gridIntegers(count, seed: seed + 500, bound: 1 << 18)
        // An honest update follows the gradient down, and the steps in part.
        let scorer = try scorer(zip(gradient, rows[0]).map { Float(Int(2 * $0 + $1)) * 0x1p-20 }, basis)
        let honest = try scorer.score(Fixtures.set(Fixtures.buffer(gradient.map { -8 * $0 })), weight: 100)
        var generator = SeededGenerator(seed: seed, stream: "combination")
        for _ in 0..<10 {
            let factors = rows.map { _ in Int128(generator.nextIndex(below: 17) - 8) }
            let mixed = (0..<count).map { place in
                zip(rows, factors).reduce(Int128(0)) { $0 + $1.0[place] * $1.1 }
            }
            let score = try scorer.score(Fixtures.set(Fixtures.buffer(mixed)), weight: 100)
            #expect(abs(Double(score.novel)) <= 1e-6 * abs(Double(honest.novel)), "\(score) beside \(honest)")
            #expect(abs(score.full) > 1_000 * abs(score.novel) || factors[0] == 0)
        }
    }

    @Test("A vector of zeros, one met before and a combination of those before add no direction")
    func dependent() throws {
        let (first, second) = (vector(50, seed: 1), vector(50, seed: 2))
        var basis = SurpriseBasis(count: 50)
        func append(_ vector: [Double]) throws -> Bool { try basis.append(vector.span) }
        #expect(try !append([Double](repeating: 0, count: 50)))
        #expect(try append(first))
        #expect(try !append(first.map { -4 * $0 }))
        #expect(try append(second))
        #expect(try !append(zip(first, second).map { 3 * $0 - 0.5 * $1 }))
        #expect(try append(zip(first, vector(50, seed: 3)).map { $0 + 0x1p-10 * $1 }))
        #expect(basis.directionCount == 3)
    }

    @Test("A gradient of zeros, or within the basis, scores next to nothing novel")
    func nothingNew() throws {
        let step: [Double] = [1, 2, -3]
        let basis = try Fixtures.basis([step], count: 3)
        #expect(try integers([0, 0, 0], basis) == [0, 0, 0])
        let within = try scorer([2, 4, -6], basis)
        let score = try within.score(Fixtures.set(ParameterBuffer([0.5, 0.25, 0.125])), weight: 1_000)
        #expect(abs(score.novel) <= 10 && score.full != 0)
    }

    @Test("Other counts, values that are not finite and extreme magnitudes are refused, and nothing is added")
    func refusals() throws {
        var basis = SurpriseBasis(count: 2)
        let cases: [([Double], ValuationError.Code)] = [
            ([1], .wrongCount), ([1, 2, 3], .wrongCount), ([.nan, 1], .notFinite), ([1, -.infinity], .notFinite),
            ([0x1p-500, 0], .overflow), ([0x1p500, 0], .overflow), ([.leastNonzeroMagnitude, 0], .overflow),
        ]
        for (vector, code) in cases {
            #expect(failure { () throws(ValuationError) in try basis.append(vector.span) } == code)
        }
        #expect(basis.directionCount == 0)
        #expect(failure { () throws(ValuationError) in try scorer([1], basis) } == .wrongCount)
        #expect(failure { () throws(ValuationError) in try scorer([1, .nan], basis) } == .notFinite)
    }

    @Test("Magnitudes as far apart as the limits allow are removed as brute force has it")
    func farApart() throws {
        let count = 40
        let history = [250, -250, 100, -100, 0].enumerated().map { index, exponent in
            vector(count, seed: UInt64(400 + index)).map {
                $0 * Double(sign: .plus, exponent: exponent, significand: 1)
            }
        }
        let gradient = Fixtures.gradient(count, seed: 62)
        let expected = Reference.rest(
            of: Reference.gradient(gradient, gradient, gradient), beside: Reference.basis(history))
        #expect(try integers(gradient, Fixtures.basis(history, count: count)) == expected.integers)
    }
}
