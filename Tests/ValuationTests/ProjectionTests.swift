import Tensors
import Testing
import Valuation

@Suite("Exact dot products")
struct ProjectionTests {
    @Test(
        "Random updates and directions give the integers of brute force, by every method and with any threads",
        arguments: [1, 2, 15, 4_095, 4_096, 4_097, 20_000]
    )
    func random(count: Int) throws {
        let integers = Fixtures.gridIntegers(count, seed: 1)
        let gradient = Fixtures.gradient(count, seed: 2)
        let second = Fixtures.gradient(count, seed: 3)
        let scorer = try Fixtures.scorer(gradient: gradient, second: second, threads: 2)
        let expected = Projection(
            gradient: Reference.dot(
                integers,
                Reference.direction(Reference.gradient(gradient, gradient, gradient)).integers
            ),
            second: Reference.dot(integers, Reference.direction(Reference.gradient(second, second, second)).integers)
        )
        let update = Fixtures.buffer(integers)
        for method in DotMethod.allCases {
            for threads in 1...4 {
                let found = try scorer.project(update, threads: threads, method: method)
                #expect(found == expected, "\(method), \(threads) threads")
            }
        }
    }

    @Test("The largest values of one sign fill 53 bits and stay exact", arguments: [4_096, 12_288, 10_000])
    func extremes(count: Int) throws {
        let largest = Int128((1 << 24) - 1)
        // Just below 2, so that the integer rounds up to 2^17.
        let gradient = [Float](repeating: (2 as Float).nextDown, count: count)
        let scorer = try Fixtures.scorer(gradient: gradient, second: gradient)
        for sign in [1, -1] as [Int128] {
            let integers = [Int128](repeating: sign * largest, count: count)
            let exact = sign * largest * 131_072 * Int128(count)
            let update = Fixtures.buffer(integers)
            for method in DotMethod.allCases {
                let found = try scorer.project(update, threads: 2, method: method)
                #expect(found == Projection(gradient: exact, second: exact), "\(method)")
            }
        }
    }

    @Test("All updates of two small integers against all gradients of two give Int arithmetic")
    func exhaustive() throws {
        let small = (-6...6).map { Int128($0) }
        for first in small {
            for second in small {
                let gradient = [Float(Int(first)), Float(Int(second)), 65_536]
                let scorer = try Fixtures.scorer(gradient: gradient)
                for left in small {
                    for right in small {
                        let found = try scorer.project(Fixtures.buffer([left, right, 0]))
                        #expect(found.gradient == left * first + right * second)
                    }
                }
            }
        }
    }

    @Test("Several updates at once give what one at a time gives")
    func batches() throws {
        let count = 9_999
        let scorer = try Fixtures.scorer(
            gradient: Fixtures.gradient(count, seed: 4),
            second: Fixtures.gradient(count, seed: 5)
        )
        var sets: [SharedParameterSet] = []
        for seed in 0..<7 {
            sets.append(
                SharedParameterSet(try Fixtures.set(Fixtures.buffer(Fixtures.gridIntegers(count, seed: UInt64(seed)))))
            )
        }
        let single = try sets.map { try scorer.project($0.parameters.values) }
        for threads in 1...3 { #expect(try scorer.project(sets, threads: threads) == single) }
    }

    @Test("Dot products are additive: the parts of an update sum to the whole")
    func linearity() throws {
        let count = 6_000
        let scorer = try Fixtures.scorer(
            gradient: Fixtures.gradient(count, seed: 6),
            second: Fixtures.gradient(count, seed: 7)
        )
        let first = Fixtures.gridIntegers(count, seed: 8, bound: 1 << 22)
        let second = Fixtures.gridIntegers(count, seed: 9, bound: 1 << 22)
        let parts = try [first, second].map { try scorer.project(Fixtures.buffer($0)) }
        let whole = try scorer.project(Fixtures.buffer(zip(first, second).map { $0 + $1 }))
        #expect(whole.gradient == parts[0].gradient + parts[1].gradient)
        #expect(whole.second == parts[0].second + parts[1].second)
    }

    @Test("A value that is not finite or far off the grid is refused")
    func offGrid() throws {
        let scorer = try Fixtures.scorer(gradient: [Float](repeating: 1, count: 5_000))
        for bad in [Float.nan, .infinity, -.infinity, .greatestFiniteMagnitude] {
            var values = [Float](repeating: 0.5, count: 5_000)
            values[4_321] = bad
            let update = ParameterBuffer(values)
            for method in DotMethod.allCases {
                let code = failure { () throws(ValuationError) in
                    try scorer.project(update, threads: 2, method: method)
                }
                #expect(code == .offGrid, "\(bad)")
            }
        }
        let short = ParameterBuffer([0.5])
        #expect(failure { () throws(ValuationError) in try scorer.project(short) } == .wrongCount)
    }

    @Test("Int128 becomes the nearest Float64, ties to even")
    func conversion() {
        var generator = SeededGenerator(seed: 11, stream: "integers")
        for _ in 0..<20_000 {
            let bits = generator.nextIndex(below: 90)
            let high = Int128(generator.next() >> 1) << 64 | Int128(generator.next())
            let integer = (generator.next() & 1 == 0 ? 1 : -1) * (high >> (127 - Int128(bits) - 1))
            let magnitude = UInt128(integer.magnitude)
            let shift = max(0, 128 - magnitude.leadingZeroBitCount - 53)
            let kept = magnitude >> UInt128(shift)
            let rest = magnitude - (kept << UInt128(shift))
            let half: UInt128 = shift == 0 ? 0 : 1 << UInt128(shift - 1)
            let up = shift > 0 && (rest > half || (rest == half && kept & 1 == 1))
            let rounded = Double(UInt64(kept) + (up ? 1 : 0)) * Double(sign: .plus, exponent: shift, significand: 1)
            #expect(Double(integer) == (integer < 0 ? -rounded : rounded))
        }
    }
}
