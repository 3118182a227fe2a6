package import Tensors

/// The updates of one round, read piece by piece where they are used, so that memory need hold none of them.
package struct StreamedUpdates: Sendable {
    /// Fills a buffer with an update's values from a place on; called by several threads at once.
    package typealias Reading =
        @Sendable (
            _ update: Int, _ values: Range<Int>, _ target: UnsafeMutableBufferPointer<Float>
        ) throws(AggregationError) -> Void

    /// Each update's weight, in the order that `read` counts them in.
    package let weights: [Int64]
    /// The grid that all of them lie on; each value is checked when it is read.
    package let grid: Grid
    /// Weight of all of them.
    package let totalWeight: Int64
    let read: Reading

    /// The updates of a round.
    ///
    /// - Throws: `AggregationError` with code `empty`, `invalidWeight` or `weightLimit`.
    package init(weights: [Int64], grid: Grid, read: @escaping Reading) throws(AggregationError) {
        guard !weights.isEmpty else {
            throw AggregationError(.empty, "no update was added, so there is no mean; close the round without a step")
        }
        var total: Int64 = 0
        for weight in weights {
            guard weight > 0 else {
                throw AggregationError(
                    .invalidWeight, "an update of weight \(weight); a weight counts examples, at least 1")
            }
            guard weight <= AggregationLimits.totalWeight - total else {
                throw AggregationError(
                    .weightLimit,
                    "weights of \(total) and \(weight); up to \(AggregationLimits.totalWeight) the sum is exact")
            }
            total += weight
        }
        self.weights = weights
        self.grid = grid
        self.read = read
        totalWeight = total
    }
}
