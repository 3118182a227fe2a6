import Aggregation
import Attestation
import Tensors
import Testing

@Suite("The exact sum")
struct ExactAccumulatorTests {
    @Test(
        "Every way to add gives the same digest in every order and for every number of threads",
        arguments: [1, 17, 4_096, 12_345]
    )
    func orderAndThreads(count: Int) throws {
        let updates = try Fixtures.randomUpdates(seed: 5, updates: 21, count: count)
        let expected = try Fixtures.sum(of: updates, count: count).digest()
        var generator = SeededGenerator(seed: 6, stream: "order")
        for method in FoldMethod.allCases {
            for threads in [1, 2, 3, 5] {
                let order = generator.permutation(of: updates.count)
                let digest = try Fixtures.sum(
                    of: order.map { updates[$0] },
                    count: count,
                    threads: threads,
                    method: method
                ).digest()
                #expect(digest == expected, "\(method), \(threads) threads")
            }
        }
    }

    @Test("Batches of any size and one at a time give the same digest")
    func batches() throws {
        let count = 5_000
        let updates = try Fixtures.randomUpdates(seed: 7, updates: 20, count: count)
        let expected = try Fixtures.sum(of: updates, count: count).digest()
        for batch in 1...20 {
            var accumulator = ExactAccumulator(count: count, grid: .standard)
            for start in stride(from: 0, to: updates.count, by: batch) {
                try accumulator.fold(Array(updates[start..<min(start + batch, updates.count)]))
            }
            #expect(accumulator.digest() == expected)
            #expect(accumulator.updateCount == 20)
        }
    }

    @Test("Partial sums merge in any tree to the same digest and weight", arguments: 0..<20)
    func trees(seed: Int) throws {
        let count = 1_000
        let updates = try Fixtures.randomUpdates(seed: 8, updates: 12, count: count)
        let whole = try Fixtures.sum(of: updates, count: count)
        var generator = SeededGenerator(seed: UInt64(seed), stream: "tree")
        let merged = try tree(generator.permutation(of: 12).map { updates[$0] }, count: count, &generator)
        #expect(merged.digest() == whole.digest())
        #expect(merged.totalWeight == whole.totalWeight)
        #expect(merged.updateCount == 12)
    }

    private func tree(
        _ updates: [CheckedUpdate],
        count: Int,
        _ generator: inout SeededGenerator
    ) throws -> ExactAccumulator {
        guard updates.count > 1 else { return try Fixtures.sum(of: updates, count: count) }
        let cut = 1 + generator.nextIndex(below: updates.count - 1)
        var left = try tree(Array(updates[..<cut]), count: count, &generator)
        let right = try tree(Array(updates[cut...]), count: count, &generator)
        try left.merge(right, threads: 1 + generator.nextIndex(below: 3))
        return left
    }

    @Test("All pairs of weights and integers of a small range sum as Int64 arithmetic has it")
    func exhaustiveSmall() throws {
        let integers = Array(-20...20)
        let pairs = integers.flatMap { first in integers.map { (first, $0) } }
        let first = pairs.map { Fixtures.value($0.0) }
        let second = pairs.map { Fixtures.value($0.1) }
        for firstWeight in 1...12 {
            for secondWeight in 1...12 {
                let updates = [
                    try Fixtures.update(first, weight: Int64(firstWeight)),
                    try Fixtures.update(second, weight: Int64(secondWeight)),
                ]
                let expected = pairs.map { Double($0.0 * firstWeight + $0.1 * secondWeight) * 0x1p-24 }
                for method in FoldMethod.allCases {
                    let sum = try Fixtures.sum(of: updates, count: pairs.count, method: method)
                    #expect(sum.digest() == digest(of: expected))
                }
            }
        }
    }

    @Test("The largest weights and values sum as Int128 arithmetic has it", arguments: FoldMethod.allCases)
    func extremes(method: FoldMethod) throws {
        let largest = (1 << 24) - 1
        let integers = [[largest, -largest, largest, -largest, 1], [largest, -largest, -largest, largest, -1]]
        let limit = AggregationLimits.totalWeight
        for split in [1, 2, limit / 2, limit / 2 + 1, limit - 1] {
            let weights = [split, limit - split]
            let updates = try zip(integers, weights).map { row, weight in
                try Fixtures.update(row.map { Fixtures.value($0) }, weight: weight)
            }
            let exact = (0..<5).map { column in
                zip(integers, weights).reduce(Int128(0)) { $0 + Int128($1.0[column]) * Int128($1.1) }
            }
            let sum = try Fixtures.sum(of: updates, count: 5, method: method)
            #expect(exact.allSatisfy { Int128(Double($0)) == $0 })
            #expect(sum.digest() == digest(of: exact.map { Double($0) * 0x1p-24 }))
            #expect(sum.totalWeight == limit)
        }
    }

    @Test("Random sums on the coarsest and the finest grid equal Int128 arithmetic", arguments: [8, 24, 30])
    func randomAgainstIntegers(bits: Int) throws {
        let grid = try Grid(fractionBits: bits)
        var generator = SeededGenerator(seed: 9, stream: "integers")
        let count = 333
        var exact = [Int128](repeating: 0, count: count)
        var accumulator = ExactAccumulator(count: count, grid: grid)
        for _ in 0..<30 {
            let row = (0..<count).map { _ in generator.nextIndex(below: (1 << 25) - 1) - ((1 << 24) - 1) }
            let weight = 1 + generator.nextIndex(below: 1 << 24)
            for (index, integer) in row.enumerated() { exact[index] += Int128(integer) * Int128(weight) }
            try accumulator.fold(
                Fixtures.update(row.map { Fixtures.value($0, grid: grid) }, weight: Int64(weight), grid: grid)
            )
        }
        let step = Double(grid.step)
        #expect(accumulator.digest() == digest(of: exact.map { Double($0) * step }))
    }

    @Test("Sums that cancel leave positive zero")
    func cancellation() throws {
        let updates = [
            try Fixtures.update([0.5, -0.5, 0], weight: 3), try Fixtures.update([-0.5, 0.5, 0], weight: 3),
        ]
        for method in FoldMethod.allCases {
            let sum = try Fixtures.sum(of: updates, count: 3, method: method)
            #expect(sum.digest() == SHA256.hash([UInt8](repeating: 0, count: 24)))
        }
    }

    @Test("The mean is within 1e-7 of the Float64 weighted mean")
    func meanAgainstReference() throws {
        let count = 2_000
        let updates = try Fixtures.randomUpdates(seed: 10, updates: 50, count: count)
        let sum = try Fixtures.sum(of: updates, count: count)
        var mean = ParameterBuffer(zeros: count)
        let weight = sum.totalWeight
        try sum.mean(into: &mean, denominator: weight, threads: 2)
        var error = 0.0
        var norm = 0.0
        let total = updates.reduce(0.0) { $0 + Double($1.weight) }
        for index in 0..<count {
            let reference = updates.reduce(0.0) {
                $0 + Double(Fixtures.value(of: $1, at: index)) * (Double($1.weight) / total)
            }
            error += (Double(mean.span[index]) - reference) * (Double(mean.span[index]) - reference)
            norm += reference * reference
        }
        #expect((error / norm).squareRoot() <= 1e-7)
    }

    @Test("A weight past the limit is refused and nothing is added")
    func weightLimit() throws {
        let limit = AggregationLimits.totalWeight
        var accumulator = ExactAccumulator(count: 1, grid: .standard)
        try accumulator.fold(Fixtures.update([0.25], weight: limit - 1))
        let before = accumulator.digest()
        let one = try Fixtures.update([0.5], weight: 1)
        let code = failure { () throws(AggregationError) in try accumulator.fold([one, one]) }
        #expect(code == .weightLimit)
        #expect(accumulator.digest() == before && accumulator.totalWeight == limit - 1)
        let other = try Fixtures.sum(of: [one, one], count: 1)
        #expect(failure { () throws(AggregationError) in try accumulator.merge(other) } == .weightLimit)
        #expect(accumulator.digest() == before && accumulator.updateCount == 1)
        try accumulator.fold(one)
        #expect(accumulator.totalWeight == limit)
    }

    @Test("Another count, another grid and the mean of nothing are refused")
    func mismatches() throws {
        var accumulator = ExactAccumulator(count: 2, grid: .standard)
        let short = try Fixtures.update([0.5], weight: 1)
        let coarse = try Fixtures.update([0.5, 0.5], weight: 1, grid: Grid(fractionBits: 8))
        #expect(failure { () throws(AggregationError) in try accumulator.fold(short) } == .wrongCount)
        #expect(failure { () throws(AggregationError) in try accumulator.fold(coarse) } == .wrongGrid)
        var mean = ParameterBuffer(zeros: 2)
        #expect(failure { () throws(AggregationError) in try accumulator.mean(into: &mean, denominator: 1) } == .empty)
        let other = ExactAccumulator(count: 3, grid: .standard)
        #expect(failure { () throws(AggregationError) in try accumulator.merge(other) } == .wrongCount)
    }

    @Test("No updates, and a model without values, are sums too")
    func emptySums() throws {
        var accumulator = ExactAccumulator(count: 0, grid: .standard)
        try accumulator.fold([])
        try accumulator.fold(Fixtures.update([], weight: 4))
        #expect(accumulator.totalWeight == 4)
        #expect(accumulator.digest() == SHA256.hash([UInt8]()))
    }

    private func digest(of values: [Double]) -> Digest {
        SHA256.hash(values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } })
    }
}

/// The code of the error that the body throws, or nil.
func failure<Value: ~Copyable>(_ body: () throws(AggregationError) -> Value) -> AggregationError.Code? {
    do throws(AggregationError) {
        _ = try body()
        return nil
    } catch {
        return error.code
    }
}
