import Aggregation
import Tensors
import Testing

@Suite("The server's step")
struct ServerOptimizerTests {
    private func model(_ count: Int, seed: UInt64 = 3) throws -> ParameterSet {
        var generator = SeededGenerator(seed: seed, stream: "model")
        let values = (0..<count).map { _ in Float(generator.nextNormal()) }
        return ParameterSet(layout: try Fixtures.layout(count), values: ParameterBuffer(values))
    }

    @Test("A plain step adds the weighted mean, rounded once")
    func plainStep() throws {
        let updates = [try Fixtures.update([0.5, -0.25], weight: 1), try Fixtures.update([0.25, 0.5], weight: 3)]
        let sum = try Fixtures.sum(of: updates, count: 2)
        var model = ParameterSet(layout: try Fixtures.layout(2), values: ParameterBuffer([1, 2]))
        var optimizer = try ServerOptimizer()
        try optimizer.step(model: &model, updates: sum, denominator: 4)
        #expect(Fixtures.values(model.values) == [1.3125, 2.3125])
        let (state, digest) = (optimizer.state(), optimizer.stateDigest())
        #expect(state == nil && digest == nil)
    }

    @Test("Momentum follows v = βv + m, w = w + ηv in Float64 over several rounds, for any number of threads")
    func momentum() throws {
        let count = 9_001
        for threads in [1, 2, 3] {
            var optimizer = try ServerOptimizer(learningRate: 0.7, momentum: 0.9)
            var moved = try model(count)
            var expected = Fixtures.values(moved.values)
            var velocity = [Double](repeating: 0, count: count)
            for round in 0..<4 {
                let updates = try Fixtures.randomUpdates(seed: UInt64(round), updates: 3, count: count)
                let total = updates.reduce(0) { $0 + $1.weight }
                for index in 0..<count {
                    let sum = updates.reduce(0.0) {
                        $0 + Double($1.weight) * Double(Fixtures.value(of: $1, at: index))
                    }
                    velocity[index] = 0.9 * velocity[index] + sum / Double(total)
                    expected[index] = Float(Double(expected[index]) + 0.7 * velocity[index])
                }
                try optimizer.step(
                    model: &moved, updates: Fixtures.sum(of: updates, count: count), denominator: total,
                    threads: threads)
                #expect(Fixtures.values(moved.values) == expected)
            }
        }
    }

    @Test("A server that resumes from its state goes on as if it had not stopped")
    func resuming() throws {
        let count = 1_234
        var straight = try ServerOptimizer(learningRate: 0.5, momentum: 0.8)
        var straightModel = try model(count)
        var resumedModel = try model(count)
        var state: [UInt8]?
        for round in 0..<4 {
            let sum = try Fixtures.sum(
                of: Fixtures.randomUpdates(seed: UInt64(round), updates: 2, count: count),
                count: count
            )
            let weight = sum.totalWeight
            try straight.step(model: &straightModel, updates: sum, denominator: weight)
            var resumed = try ServerOptimizer.resuming(
                learningRate: 0.5,
                momentum: 0.8,
                state: state,
                count: count
            )
            try resumed.step(model: &resumedModel, updates: sum, denominator: weight, threads: 2)
            state = resumed.state()
            let digests = (resumed.stateDigest(), straight.stateDigest())
            let straightState = straight.state()
            #expect(digests.0 == digests.1 && state == straightState)
            #expect(Fixtures.values(straightModel.values) == Fixtures.values(resumedModel.values))
        }
        #expect(state?.count == 16 + 8 * count)
    }

    @Test("A stored state that is cut, grown, foreign or not finite is refused")
    func badStates() throws {
        var optimizer = try ServerOptimizer(learningRate: 1, momentum: 0.5)
        var model = try model(3)
        try optimizer.step(
            model: &model,
            updates: Fixtures.sum(of: [Fixtures.update([0.5, 0, 0], weight: 1)], count: 3),
            denominator: 1
        )
        let state = optimizer.state()
        let good = try #require(state)
        func code(_ state: [UInt8], momentum: Double = 0.5, count: Int = 3) -> AggregationError.Code? {
            failure { () throws(AggregationError) in
                try ServerOptimizer.resuming(learningRate: 1, momentum: momentum, state: state, count: count)
            }
        }
        #expect(code(good) == nil)
        for length in 0..<good.count { #expect(code(Array(good[..<length])) == .invalidState) }
        #expect(code(good + [0]) == .invalidState)
        #expect(code(good, count: 4) == .invalidState)
        #expect(code(good, momentum: 0) == .invalidState)
        var notFinite = good
        notFinite.replaceSubrange(16..<24, with: withUnsafeBytes(of: Double.nan.bitPattern.littleEndian) { Array($0) })
        #expect(code(notFinite) == .invalidState)
        var huge = good
        huge.replaceSubrange(8..<16, with: [UInt8](repeating: 255, count: 8))
        #expect(code(huge) == .invalidState)
    }

    @Test("A step that would leave the finite numbers is refused and changes nothing")
    func divergence() throws {
        let sum = try Fixtures.sum(of: [Fixtures.update([0.5, 0.5], weight: 1)], count: 2)
        for momentum in [0, 0.5] {
            var optimizer = try ServerOptimizer(learningRate: 1_000, momentum: momentum)
            let values: [Float] = [1, .infinity]
            var model = ParameterSet(layout: try Fixtures.layout(2), values: ParameterBuffer(values))
            #expect(
                failure { () throws(AggregationError) in try optimizer.step(model: &model, updates: sum, denominator: 4)
                } == .divergent
            )
            #expect(Fixtures.values(model.values) == values)
        }
    }

    @Test("The path's end has the bits of the plain step, and its start those of the model")
    func pathPoints() throws {
        let count = 5_000
        let sum = try Fixtures.sum(of: Fixtures.randomUpdates(seed: 1, updates: 3, count: count), count: count)
        let base = try model(count)
        let weight = sum.totalWeight
        var optimizer = try ServerOptimizer(learningRate: 0.3)
        let start = try optimizer.pathPoint(model: base, updates: sum, denominator: weight, fraction: 0)
        let end = try optimizer.pathPoint(model: base, updates: sum, denominator: weight, fraction: 1, threads: 2)
        var moved = base.copy()
        try optimizer.step(model: &moved, updates: sum, denominator: weight)
        #expect(Fixtures.values(start.values) == Fixtures.values(base.values))
        #expect(Fixtures.values(end.values) == Fixtures.values(moved.values))
    }

    @Test("Rates and momenta out of range are refused")
    func configurations() {
        for rate in [0, -1, .nan, .infinity, AggregationLimits.learningRate * 2] {
            #expect(
                failure { () throws(AggregationError) in try ServerOptimizer(learningRate: rate) }
                    == .invalidConfiguration
            )
        }
        for momentum in [-0.1, 1, .nan, .infinity] {
            #expect(
                failure { () throws(AggregationError) in try ServerOptimizer(momentum: momentum) }
                    == .invalidConfiguration
            )
        }
    }

    @Test("A round without updates makes no step")
    func noUpdates() throws {
        var optimizer = try ServerOptimizer()
        var model = try model(2)
        let sum = ExactAccumulator(count: 2, grid: .standard)
        #expect(
            failure { () throws(AggregationError) in try optimizer.step(model: &model, updates: sum, denominator: 4) }
                == .empty)
    }
}
