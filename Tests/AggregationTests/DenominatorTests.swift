import Aggregation
import Synchronization
import Tensors
import Testing

@Suite("The mean over a fixed denominator")
struct DenominatorTests {
    private let limit = AggregationLimits.totalWeight

    @Test("The same sum over a larger denominator gives a smaller mean, in the bits of the division")
    func division() throws {
        let sum = try Fixtures.sum(of: [Fixtures.update([0.5, -0.25], weight: 3)], count: 2)
        for denominator in [3, 4, 7, 1_000, limit] {
            var mean = ParameterBuffer(zeros: 2)
            try sum.mean(into: &mean, denominator: denominator)
            let divisor = Double(denominator)
            #expect(Fixtures.values(mean) == [Float(1.5 / divisor), Float(-0.75 / divisor)])
        }
    }

    @Test("A denominator below the weights, not positive, or past 2^29 is refused")
    func refusals() throws {
        let sum = try Fixtures.sum(of: [Fixtures.update([0.5], weight: 3)], count: 1)
        let optimizer = try ServerOptimizer()
        for denominator in [2, 1, 0, -1, .min, limit + 1, .max] as [Int64] {
            var mean = ParameterBuffer(zeros: 1)
            #expect(
                failure { () throws(AggregationError) in try sum.mean(into: &mean, denominator: denominator) }
                    == .invalidDenominator)
            #expect(
                failure { () throws(AggregationError) in
                    try optimizer.scoredStep(updates: sum, denominator: denominator)
                } == .invalidDenominator)
            #expect(
                failure { () throws(AggregationError) in
                    try StreamedUpdates(weights: [3], denominator: denominator, grid: .standard) { _, _, _ in }
                } == .invalidDenominator)
        }
    }

    @Test("An update of weight zero counts as an update and adds nothing", arguments: FoldMethod.allCases)
    func zeroWeight(method: FoldMethod) throws {
        let updates = try Fixtures.randomUpdates(seed: 14, updates: 3, count: 5_000)
        let silent = try updates.map { try $0.weighted(0) }
        let without = try Fixtures.sum(of: updates, count: 5_000, method: method)
        let with = try Fixtures.sum(of: silent + updates + silent, count: 5_000, method: method)
        #expect(with.digest() == without.digest())
        #expect(with.updateCount == 9 && with.totalWeight == without.totalWeight)
    }

    @Test("A sum of nothing but zero weights has no mean, no step and no path")
    func emptySum() throws {
        let sum = try Fixtures.sum(of: [Fixtures.update([0.5], weight: 0)], count: 1)
        var optimizer = try ServerOptimizer()
        var model = ParameterSet(layout: try Fixtures.layout(1), values: ParameterBuffer([1]))
        #expect(
            failure { () throws(AggregationError) in
                try optimizer.step(model: &model, updates: sum, denominator: 4)
            } == .empty)
        #expect(
            failure { () throws(AggregationError) in
                try optimizer.pathPoint(model: model, updates: sum, denominator: 4, fraction: 1)
            } == .empty)
        #expect(
            failure { () throws(AggregationError) in try optimizer.scoredStep(updates: sum, denominator: 4) } == .empty)
        for weights in [[], [0], [0, 0]] as [[Int64]] {
            #expect(
                failure { () throws(AggregationError) in
                    try StreamedUpdates(weights: weights, denominator: 4, grid: .standard) { _, _, _ in }
                } == .empty)
        }
        #expect(Fixtures.values(model.values) == [1])
    }

    @Test("The streamed step has the bits of the whole one and never reads an update of weight zero")
    func streamed() throws {
        let count = 40_000
        let updates = try Fixtures.randomUpdates(seed: 15, updates: 4, count: count)
        let weights = [updates[0].weight, 0, updates[2].weight, 0]
        let weighted = try zip(updates, weights).map { try $0.weighted($1) }
        let layout = try Fixtures.layout(count)
        for momentum in [0, 0.5] {
            var whole = ParameterSet(zeros: layout)
            var optimizer = try ServerOptimizer(learningRate: 0.5, momentum: momentum)
            try optimizer.step(
                model: &whole, updates: Fixtures.sum(of: weighted, count: count), denominator: limit)
            for threads in 1...3 {
                let touched = Mutex(Set<Int>())
                let streamed = try StreamedUpdates(weights: weights, denominator: limit, grid: .standard) {
                    index, range, target in
                    touched.withLock { _ = $0.insert(index) }
                    updates[index].parameters.parameters.values.withUnsafeValues { values in
                        for offset in 0..<range.count { target[offset] = values[range.lowerBound + offset] }
                    }
                }
                var model = ParameterSet(zeros: layout)
                var other = try ServerOptimizer(learningRate: 0.5, momentum: momentum)
                try other.step(
                    model: &model, updates: streamed, tiles: [0..<10_000, 10_000..<40_000], threads: threads
                ) { _, _ in }
                #expect(Fixtures.values(model.values) == Fixtures.values(whole.values))
                #expect(touched.withLock { $0 } == [0, 2])
            }
        }
    }
}
