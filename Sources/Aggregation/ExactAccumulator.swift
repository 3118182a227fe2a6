package import Attestation
package import Tensors

/// The sum Σ nᵢ·xᵢ of FedAvg (McMahan et al. 2017, algorithm 1), exact, so the same bits in any order.
///
/// Updates lie on a grid: each value is an integer of 24 bits times the grid's step. Weights are integers that sum to
/// at most 2^29. Every product and every partial sum is then an integer of at most 53 bits times the step, which
/// Float64 holds without rounding. So the sums do not depend on the order of the updates, on how they are split over
/// threads, on the CPU's vector width, or on which partial sums were merged first.
///
/// The mean's denominator is the caller's: a fixed one leaves the share of an update that was given less weight with
/// nobody. Memory: 8 bytes a value. The division happens once, in `mean` or in `ServerOptimizer`.
package struct ExactAccumulator: ~Copyable, Sendable {
    /// The grid of the updates.
    package let grid: Grid
    /// Weight of all updates so far; zero if nothing but updates of weight 0 was added.
    package private(set) var totalWeight: Int64 = 0
    /// Number of updates so far, those of weight 0 among them.
    package private(set) var updateCount = 0
    var sums: Float64Buffer

    /// A sum of nothing.
    ///
    /// - Parameters:
    ///   - count: values of one update.
    ///   - grid: the grid that all updates lie on.
    package init(count: Int, grid: Grid) {
        self.grid = grid
        sums = Float64Buffer(zeros: count)
    }

    /// Number of values of one update.
    package var count: Int { sums.count }

    /// Adds one update. Complexity: O(`count`).
    ///
    /// - Throws: `AggregationError` as `fold(_:threads:)` does; nothing is added then.
    package mutating func fold(_ update: CheckedUpdate, threads: Int = 1) throws(AggregationError) {
        try fold([update], threads: threads)
    }

    /// Adds several updates; faster than one after the other, since the sums are read and written once for eight.
    ///
    /// Each thread works on its own range of values. Complexity: O(`count` · updates).
    ///
    /// - Parameters:
    ///   - updates: what to add, each with its weight.
    ///   - threads: most threads to use.
    ///   - method: how; the result is the same bits.
    /// - Throws: `AggregationError` with code `wrongCount`, `wrongGrid` or `weightLimit`; nothing is added then.
    package mutating func fold(
        _ updates: [CheckedUpdate],
        threads: Int = 1,
        method: FoldMethod = .fused
    ) throws(AggregationError) {
        var weight = totalWeight
        for update in updates {
            try checkPart(count: update.parameters.parameters.values.count, grid: update.grid)
            weight = try Self.sum(weight, update.weight)
        }
        method.fold(updates, into: &sums, threads: threads)
        totalWeight = weight
        updateCount += updates.count
    }

    /// Adds what another accumulator has summed; partial sums may be merged in a tree of any shape.
    ///
    /// - Throws: `AggregationError` with code `wrongCount`, `wrongGrid` or `weightLimit`; nothing is added then.
    package mutating func merge(
        _ other: borrowing ExactAccumulator,
        threads: Int = 1
    ) throws(AggregationError) {
        try checkPart(count: other.count, grid: other.grid)
        let weight = try Self.sum(totalWeight, other.totalWeight)
        let count = self.count
        other.sums.withUnsafeValues { source in
            nonisolated(unsafe) let source = source
            sums.withUnsafeMutableValues { target in
                nonisolated(unsafe) let target = target
                WorkSplit.forEachRange(of: count, grain: FoldMethod.grain, threads: threads) { range in
                    for index in range { target[index] += source[index] }
                }
            }
        }
        totalWeight = weight
        updateCount += other.updateCount
    }

    /// SHA-256 of the sums as little-endian Float64, with +0 for zero. Complexity: O(`count`).
    package borrowing func digest() -> Digest {
        var hasher = SHA256.Hasher()
        sums.forEachRunOfBytes { hasher.update($0) }
        return hasher.finalize()
    }

    /// Writes the weighted mean: each sum divided by the denominator in Float64, then rounded to float32.
    ///
    /// - Parameters:
    ///   - target: where the mean is written.
    ///   - denominator: what the sums are divided by: at least the sum of the weights, at most
    ///     `AggregationLimits.totalWeight`.
    ///   - threads: most threads to use.
    /// - Throws: `AggregationError` with code `empty` if the weights sum to zero, `invalidDenominator`, or `wrongCount`
    ///   if the target's count differs.
    package borrowing func mean(
        into target: inout ParameterBuffer,
        denominator: Int64,
        threads: Int = 1
    ) throws(AggregationError) {
        let divisor = try checkedDivisor(denominator, for: target.count)
        let count = self.count
        sums.withUnsafeValues { sums in
            nonisolated(unsafe) let sums = sums
            target.withUnsafeMutableValues { target in
                nonisolated(unsafe) let target = target
                WorkSplit.forEachRange(of: count, grain: FoldMethod.grain, threads: threads) { range in
                    for index in range { target[index] = Float(sums[index] / divisor) }
                }
            }
        }
    }

    /// The sums as integers: each divided by the grid's step, which is exact. With the weights gᵢ of
    /// `Protocols/scores.md` this is the round's echo E = Σ gᵢ·kᵢ.
    ///
    /// Reuses the sums' memory. Complexity: O(`count`).
    package consuming func integerSums(threads: Int = 1) -> Float64Buffer {
        let scale = Double(sign: .plus, exponent: grid.fractionBits, significand: 1)
        var sums = sums
        let count = sums.count
        sums.withUnsafeMutableValues { sums in
            nonisolated(unsafe) let sums = sums
            WorkSplit.forEachRange(of: count, grain: FoldMethod.grain, threads: threads) { range in
                for index in range { sums[index] *= scale }
            }
        }
        return sums
    }

    /// The denominator as a divisor, if there is a mean of that many values.
    borrowing func checkedDivisor(_ denominator: Int64, for targetCount: Int) throws(AggregationError) -> Double {
        try Self.check(denominator: denominator, totalWeight: totalWeight)
        guard targetCount == count else {
            throw AggregationError(.wrongCount, "a target of \(targetCount) values for sums of \(count)")
        }
        return Double(denominator)
    }

    /// Refuses the mean of nothing, and a denominator that does not hold all weights.
    static func check(denominator: Int64, totalWeight: Int64) throws(AggregationError) {
        guard totalWeight > 0 else {
            throw AggregationError(
                .empty, "the updates' weights sum to zero, so there is no mean; close the round without a step")
        }
        guard totalWeight...AggregationLimits.totalWeight ~= denominator else {
            throw AggregationError(
                .invalidDenominator,
                """
                a denominator of \(denominator) for weights that sum to \(totalWeight); it must be at least that and at \
                most \(AggregationLimits.totalWeight)
                """
            )
        }
    }

    private borrowing func checkPart(count: Int, grid: Grid) throws(AggregationError) {
        guard count == self.count else {
            throw AggregationError(.wrongCount, "an update of \(count) values to a sum of \(self.count)")
        }
        guard grid == self.grid else {
            throw AggregationError(
                .wrongGrid,
                "a grid of \(grid.fractionBits) fraction bits in a sum on one of \(self.grid.fractionBits)"
            )
        }
    }

    private static func sum(_ left: Int64, _ right: Int64) throws(AggregationError) -> Int64 {
        // Both are at most 2^29 here, so this cannot overflow.
        guard left + right <= AggregationLimits.totalWeight else {
            throw AggregationError(
                .weightLimit,
                """
                the weights sum to \(left + right); up to \(AggregationLimits.totalWeight) the sum is exact. \
                Cap the examples that one update may count for, or invite fewer participants
                """
            )
        }
        return left + right
    }
}
