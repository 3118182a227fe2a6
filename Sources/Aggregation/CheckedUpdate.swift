package import Tensors

/// An update that is known to be of the model's layout and on its grid, with its weight in the average.
///
/// Only these can be added to an `ExactAccumulator`, so nothing touches a sum before it was checked.
package struct CheckedUpdate: Sendable {
    /// The update's values.
    package let parameters: SharedParameterSet
    /// Effective weight in the average; 0 adds nothing.
    package let weight: Int64
    /// The grid that its values lie on.
    package let grid: Grid
    /// Sum of the squares of its values, in squares of the grid's step.
    package let squaredNorm: UInt128

    /// Checks an update and takes its squared norm. Reads it once, at memory speed.
    ///
    /// - Parameters:
    ///   - parameters: the update as it arrived.
    ///   - weight: its effective weight; 0 where `weighted(_:)` sets it once the norm is known.
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
        try Self.check(weight: weight)
        squaredNorm = try UpdateCheck.squaredNorm(
            checking: parameters.parameters, layout: layout, grid: grid, threads: threads)
        self.parameters = parameters
        self.weight = weight
        self.grid = grid
    }

    private init(_ update: CheckedUpdate, weight: Int64) {
        parameters = update.parameters
        grid = update.grid
        squaredNorm = update.squaredNorm
        self.weight = weight
    }

    /// The same update with another weight, without another check. Complexity: O(1).
    ///
    /// - Throws: `AggregationError` with code `invalidWeight` or `weightLimit`.
    package func weighted(_ weight: Int64) throws(AggregationError) -> CheckedUpdate {
        try Self.check(weight: weight)
        return CheckedUpdate(self, weight: weight)
    }

    /// Refuses a weight that no sum could take.
    static func check(weight: Int64) throws(AggregationError) {
        guard weight >= 0 else {
            throw AggregationError(.invalidWeight, "an update of weight \(weight); the least is 0, which adds nothing")
        }
        guard weight <= AggregationLimits.totalWeight else {
            throw AggregationError(
                .weightLimit,
                "an update of weight \(weight); a round's weights may sum to \(AggregationLimits.totalWeight)"
            )
        }
    }
}
