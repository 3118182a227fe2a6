package import Tensors

/// The updates of one round, read piece by piece where they are used, so that memory need hold none of them.
package struct StreamedUpdates: Sendable {
    /// Fills a buffer with an update's values from a place on; called by several threads at once.
    package typealias Reading =
        @Sendable (
            _ update: Int, _ values: Range<Int>, _ target: UnsafeMutableBufferPointer<Float>
        ) throws(AggregationError) -> Void

    /// Each update's weight, at least 0, in the order that `read` counts them in. One of weight 0 is never read.
    package let weights: [Int64]
    /// The grid that all of them lie on; each value is checked when it is read.
    package let grid: Grid
    /// Weight of all of them, at least 1.
    package let totalWeight: Int64
    /// What their sum is divided by: at least `totalWeight`.
    package let denominator: Int64
    let read: Reading

    /// The updates of a round.
    ///
    /// - Throws: `AggregationError` with code `empty` if the weights sum to zero, `invalidWeight`, `weightLimit` or
    ///   `invalidDenominator`.
    package init(
        weights: [Int64],
        denominator: Int64,
        grid: Grid,
        read: @escaping Reading
    ) throws(AggregationError) {
        var total: Int64 = 0
        for weight in weights {
            try CheckedUpdate.check(weight: weight)
            guard weight <= AggregationLimits.totalWeight - total else {
                throw AggregationError(
                    .weightLimit,
                    "weights of \(total) and \(weight); up to \(AggregationLimits.totalWeight) the sum is exact")
            }
            total += weight
        }
        try ExactAccumulator.check(denominator: denominator, totalWeight: total)
        self.weights = weights
        self.denominator = denominator
        self.grid = grid
        self.read = read
        totalWeight = total
    }
}
