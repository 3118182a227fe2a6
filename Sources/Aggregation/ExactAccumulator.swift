package import Attestation
package import Tensors

/// The sum Σ nᵢ·xᵢ of FedAvg (McMahan et al. 2017, algorithm 1), exact, so the same bits in any order.
///
/// Updates lie on a grid: each value is an integer of 24 bits times the grid's step. Weights are integers that sum to
/// at most 2^29. Every product and every partial sum is then an integer of at most 53 bits times the step, which
/// Float64 holds without rounding. So the sums do not depend on the order of the updates, on how they are split over
/// threads, on the CPU's vector width, or on which partial sums were merged first.
///
/// Memory: 8 bytes a value. The division by the total weight happens once, in `mean` or in `ServerOptimizer`.
package struct ExactAccumulator: ~Copyable, Sendable {
    /// The grid of the updates.
    package let grid: Grid
    /// Weight of all updates so far.
    package private(set) var totalWeight: Int64 = 0
    /// Number of updates so far.
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

    /// Writes the weighted mean: each sum divided by the total weight in Float64, then rounded to float32.
    ///
    /// - Throws: `AggregationError` with code `empty` if nothing was added, `wrongCount` if the target's count differs.
    package borrowing func mean(
        into target: inout ParameterBuffer,
        threads: Int = 1
    ) throws(AggregationError) {
        let divisor = try checkedDivisor(for: target.count)
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

    /// The total weight as a divisor, if there is a mean of that many values.
    borrowing func checkedDivisor(for targetCount: Int) throws(AggregationError) -> Double {
        guard totalWeight > 0 else {
            throw AggregationError(.empty, "no update was added, so there is no mean; close the round without a step")
        }
        guard targetCount == count else {
            throw AggregationError(.wrongCount, "a target of \(targetCount) values for sums of \(count)")
        }
        return Double(totalWeight)
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
