package import Tensors

/// An update that is known to be of the model's layout and on its grid, with its weight in the average.
///
/// Only these can be added to an `ExactAccumulator`, so nothing touches a sum before it was checked.
package struct CheckedUpdate: Sendable {
    /// The update's values.
    package let parameters: SharedParameterSet
    /// Number of examples that it was trained on, at least 1.
    package let weight: Int64
    /// The grid that its values lie on.
    package let grid: Grid

    /// Checks an update. Reads it once, at memory speed.
    ///
    /// - Parameters:
    ///   - parameters: the update as it arrived.
    ///   - weight: examples it was trained on.
    ///   - layout: the model's layout.
    ///   - grid: the task's grid.
    ///   - threads: most threads to use.
    /// - Throws: `AggregationError` with code `invalidWeight`, `weightLimit`, `wrongCount`, `notFinite` or `offGrid`.
    package init(
        checking parameters: SharedParameterSet,
        weight: Int64,
        layout: ParameterLayout,
        grid: Grid,
        threads: Int = 1
    ) throws(AggregationError) {
        guard weight > 0 else {
            throw AggregationError(
                .invalidWeight,
                "an update of weight \(weight); a weight counts examples, at least 1"
            )
        }
        guard weight <= AggregationLimits.totalWeight else {
            throw AggregationError(
                .weightLimit,
                "an update of weight \(weight); a round's weights may sum to \(AggregationLimits.totalWeight)"
            )
        }
        try UpdateCheck.check(parameters.parameters, layout: layout, grid: grid, threads: threads)
        self.parameters = parameters
        self.weight = weight
        self.grid = grid
    }
}
