internal import Synchronization
package import Tensors

/// The server's step: FedAvg with a server learning rate η and momentum β (FedAvgM: Hsu, Qi and Brown 2019, section 3).
///
/// With m the weighted mean of the updates, v ← β·v + m and w ← w + η·v. Plain FedAvg is η = 1, β = 0. Every operation
/// is one IEEE 754 Float64 operation, in this order and for each value on its own: m = sum / denominator, p = β·v,
/// v = p + m, q = η·v, w + q, and one rounding to float32. So the step is the same bits on any CPU and for any number
/// of threads. With β = 0 no velocity is kept and v is m.
package struct ServerOptimizer: ~Copyable, Sendable {
    /// The server's learning rate η: how much of the mean update the model moves by.
    package let learningRate: Double
    /// The momentum β, from 0 up to, not including, 1.
    package let momentum: Double
    // Of no values while β is 0, and before the first step.
    var velocity = Float64Buffer(zeros: 0)

    /// An optimiser before its first step.
    ///
    /// - Throws: `AggregationError` with code `invalidConfiguration` if η is not positive and at most
    ///   `AggregationLimits.learningRate`, or β is not in 0..<1.
    package init(learningRate: Double = 1, momentum: Double = 0) throws(AggregationError) {
        guard learningRate > 0, learningRate <= AggregationLimits.learningRate else {
            throw AggregationError(
                .invalidConfiguration,
                "a server learning rate of \(learningRate); it must be above 0 and at most \(AggregationLimits.learningRate)"
            )
        }
        guard momentum >= 0, momentum < 1 else {
            throw AggregationError(.invalidConfiguration, "a server momentum of \(momentum); it must be in 0..<1")
        }
        self.learningRate = learningRate
        self.momentum = momentum
    }

    /// Moves the model by one step. Complexity: O(values), two passes: the first makes sure that all results are
    /// finite.
    ///
    /// - Parameters:
    ///   - model: the round's base model, which becomes the next.
    ///   - updates: the round's sum.
    ///   - denominator: what the sums are divided by, as in `ExactAccumulator.mean`.
    ///   - threads: most threads to use.
    /// - Throws: `AggregationError` with code `empty`, `invalidDenominator`, `wrongCount` or `divergent`; model and
    ///   velocity are unchanged then.
    package mutating func step(
        model: inout ParameterSet,
        updates: borrowing ExactAccumulator,
        denominator: Int64,
        threads: Int = 1
    ) throws(AggregationError) {
        let divisor = try updates.checkedDivisor(denominator, for: model.values.count)
        guard momentum > 0 else {
            try Self.move(
                model: &model,
                sums: updates.sums,
                velocity: nil,
                threads: threads,
                rule: StepRule(divisor: divisor, momentum: 0, learningRate: learningRate, fraction: 1)
            )
            return
        }
        if velocity.count == 0 { velocity = Float64Buffer(zeros: model.values.count) }
        guard velocity.count == model.values.count else {
            throw AggregationError(
                .wrongCount,
                "a velocity of \(velocity.count) values for a model of \(model.values.count)"
            )
        }
        let rule = StepRule(divisor: divisor, momentum: momentum, learningRate: learningRate, fraction: 1)
        try velocity.withUnsafeMutableValues { velocity throws(AggregationError) in
            try Self.move(model: &model, sums: updates.sums, velocity: velocity, threads: threads, rule: rule)
        }
    }

    /// The model part of the way along this round's own contribution: w + fraction · (η·m), each value rounded once.
    ///
    /// These are the points at which the path score takes validation gradients (fractions 0, ½ and 1). What momentum
    /// carries over from earlier rounds is nobody's contribution to this one, so it is left out; with β = 0 the point
    /// of fraction 1 has the same bits as the model after `step`.
    ///
    /// - Throws: `AggregationError` with code `empty`, `invalidDenominator`, `wrongCount` or `divergent`.
    package borrowing func pathPoint(
        model: borrowing ParameterSet,
        updates: borrowing ExactAccumulator,
        denominator: Int64,
        fraction: Double,
        threads: Int = 1
    ) throws(AggregationError) -> ParameterSet {
        let divisor = try updates.checkedDivisor(denominator, for: model.values.count)
        var point = model.copy()
        try Self.move(
            model: &point,
            sums: updates.sums,
            velocity: nil,
            threads: threads,
            rule: StepRule(divisor: divisor, momentum: 0, learningRate: learningRate, fraction: fraction)
        )
        return point
    }

    private static func move(
        model: inout ParameterSet,
        sums: borrowing Float64Buffer,
        velocity: UnsafeMutableBufferPointer<Double>?,
        threads: Int,
        rule: StepRule
    ) throws(AggregationError) {
        let count = sums.count
        let firstBad = Mutex(count)
        nonisolated(unsafe) let velocity = velocity
        model.values.withUnsafeMutableValues { weights in
            nonisolated(unsafe) let weights = weights
            sums.withUnsafeValues { sums in
                nonisolated(unsafe) let sums = sums
                WorkSplit.forEachRange(of: count, grain: FoldMethod.grain, threads: threads) { range in
                    let bad = rule.firstDivergent(in: range, weights: weights, sums: sums, velocity: velocity)
                    if let bad { firstBad.withLock { $0 = min($0, bad) } }
                }
                guard firstBad.withLock({ $0 == count }) else { return }
                WorkSplit.forEachRange(of: count, grain: FoldMethod.grain, threads: threads) { range in
                    rule.apply(in: range, weights: weights, sums: sums, velocity: velocity)
                }
            }
        }
        let bad = firstBad.withLock { $0 }
        guard bad == count else { throw AggregationError.divergent(at: bad, in: model.layout) }
    }
}

extension AggregationError {
    /// The step leaves a value that is not finite.
    static func divergent(at index: Int, in layout: ParameterLayout) -> AggregationError {
        AggregationError(
            .divergent,
            """
            the step leaves no finite value at \(UpdateCheck.describe(index, in: layout)); lower the server's \
            learning rate
            """
        )
    }
}
