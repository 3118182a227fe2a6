import Aggregation
import Foundation
import Tensors
import Testing

@Suite("What a scored round leaves behind")
struct ScoredHistoryTests {
    private func values(_ buffer: borrowing Float64Buffer) -> [Double] { buffer.withUnsafeValues { Array($0) } }

    private func shared(_ values: [Double]) -> SharedVector { SharedVector(Float64Buffer(values)) }

    @Test("The scored step ends where the path ends, and leaves momentum out")
    func scoredStep() throws {
        let count = 9_001
        let sum = try Fixtures.sum(of: Fixtures.randomUpdates(seed: 16, updates: 3, count: count), count: count)
        let model = ParameterSet(zeros: try Fixtures.layout(count))
        for momentum in [0, 0.9] {
            var optimizer = try ServerOptimizer(learningRate: 0.3, momentum: momentum)
            var moved = model.copy()
            let denominator = AggregationLimits.totalWeight
            try optimizer.step(model: &moved, updates: sum, denominator: denominator)
            let end = try optimizer.pathPoint(model: model, updates: sum, denominator: denominator, fraction: 1)
            for threads in 1...4 {
                let step = try optimizer.scoredStep(updates: sum, denominator: denominator, threads: threads)
                #expect(values(step).map { Float($0) } == Fixtures.values(end.values))
            }
        }
    }

    @Test("The echo is the exact sum of weights times integers", arguments: [8, 24, 30])
    func echo(bits: Int) throws {
        let grid = try Grid(fractionBits: bits)
        let largest = (1 << 24) - 1
        var generator = SeededGenerator(seed: 17, stream: "echo")
        let rows = (0..<3).map { _ in (0..<5_000).map { _ in generator.nextIndex(below: 2 * largest + 1) - largest } }
        let weights: [Int64] = [AggregationLimits.totalWeight - 12_345, 12_345, 0]
        for threads in 1...4 {
            var accumulator = ExactAccumulator(count: 5_000, grid: grid)
            for (row, weight) in zip(rows, weights) {
                let update = try Fixtures.update(row.map { Fixtures.value($0, grid: grid) }, weight: weight, grid: grid)
                try accumulator.fold(update, threads: threads)
            }
            let exact = (0..<5_000).map { column in
                Double(zip(rows, weights).reduce(Int128(0)) { $0 + Int128($1.0[column]) * Int128($1.1) })
            }
            #expect(values(accumulator.integerSums(threads: threads)) == exact)
        }
    }

    @Test("The last five rounds are kept, steps before echoes, newest first")
    func order() {
        var history = ScoredHistory()
        #expect(history.vectors.isEmpty)
        for round in 1...8 {
            history.append(ScoredRound(round: 1, step: shared([Double(round)]), echo: shared([Double(-round)])))
            let newest = (0..<min(round, 5)).map { Double(round - $0) }
            #expect(history.vectors.map { values($0.values)[0] } == newest + newest.map { -$0 })
        }
    }

    @Test("Stored bytes come back as the same values, with zeros made positive")
    func bytes() throws {
        var generator = SeededGenerator(seed: 18, stream: "bytes")
        for count in [0, 1, 8_191, 8_192, 8_193, 20_000] {
            var numbers = (0..<count).map { _ in generator.nextNormal() }
            if count > 1 { numbers[1] = -0.0 }
            var stored: [UInt8] = []
            Float64Buffer(numbers).forEachRunOfBytes { stored.append(contentsOf: $0) }
            #expect(stored.count == Float64Buffer.byteCount(of: count))
            let read = try stored.span.withUnsafeBytes { bytes throws(AggregationError) in
                values(try Float64Buffer.reading(bytes, count: count))
            }
            #expect(read.map(\.bitPattern) == numbers.map { ($0 + 0).bitPattern })
        }
    }

    @Test("Stored bytes that are cut, grown or not finite are refused")
    func badBytes() throws {
        var stored: [UInt8] = []
        Float64Buffer([1, 2, 3]).forEachRunOfBytes { stored.append(contentsOf: $0) }
        func code(_ bytes: [UInt8]) -> AggregationError.Code? {
            failure { () throws(AggregationError) in
                try bytes.span.withUnsafeBytes { bytes throws(AggregationError) in
                    try Float64Buffer.reading(bytes, count: 3).count
                }
            }
        }
        #expect(code(stored) == nil)
        for length in 0..<stored.count { #expect(code(Array(stored[..<length])) == .invalidVector) }
        #expect(code(stored + [0]) == .invalidVector)
        for bad in [Double.nan, .infinity, -.infinity] {
            var changed = stored
            changed.replaceSubrange(8..<16, with: withUnsafeBytes(of: bad.bitPattern.littleEndian) { Array($0) })
            #expect(code(changed) == .invalidVector)
        }
    }
}
