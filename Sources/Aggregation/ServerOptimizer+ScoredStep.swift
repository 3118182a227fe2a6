internal import Tensors

extension ServerOptimizer {
    /// The round's own contribution to the step, D = η·(S / N), in Float64: what is scored and what `ScoredHistory`
    /// keeps. What momentum carries over from earlier rounds is left out, as in `pathPoint`.
    ///
    /// Each value is one division and one product in Float64, those that `pathPoint` takes. Complexity: O(values).
    ///
    /// - Parameters:
    ///   - updates: the round's sum.
    ///   - denominator: what the sums are divided by, as in `ExactAccumulator.mean`.
    ///   - threads: most threads to use.
    /// - Throws: `AggregationError` with code `empty` or `invalidDenominator`.
    package borrowing func scoredStep(
        updates: borrowing ExactAccumulator,
        denominator: Int64,
        threads: Int = 1
    ) throws(AggregationError) -> Float64Buffer {
        let count = updates.count
        let divisor = try updates.checkedDivisor(denominator, for: count)
        let rate = learningRate
        var step = Float64Buffer(zeros: count)
        updates.sums.withUnsafeValues { sums in
            nonisolated(unsafe) let sums = sums
            step.withUnsafeMutableValues { step in
                nonisolated(unsafe) let step = step
                WorkSplit.forEachRange(of: count, grain: FoldMethod.grain, threads: threads) { range in
                    for index in range { step[index] = rate * (sums[index] / divisor) }
                }
            }
        }
        return step
    }
}
