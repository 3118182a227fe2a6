/// Why an update, a weight, a partial sum or a server step was refused.
///
/// Equality is by `code` alone, so that tests compare codes and the wording stays free to improve.
package struct AggregationError: Error, Equatable, CustomStringConvertible {
    /// The kinds of failure.
    package enum Code: String, Sendable {
        /// A value of an update is NaN or infinite.
        case notFinite
        /// A value of an update is no multiple of the grid's step, out of the grid's range, or negative zero.
        case offGrid
        /// A value of an update cannot be read.
        case unreadable
        /// The layout or the number of values is not the model's.
        case wrongCount
        /// Two parts of one sum are on different grids.
        case wrongGrid
        /// A weight is negative.
        case invalidWeight
        /// A mean's denominator is not positive, above `AggregationLimits.totalWeight` or below the weights' sum.
        case invalidDenominator
        /// The weights together pass `AggregationLimits.totalWeight`.
        case weightLimit
        /// A mean was asked for, and the updates' weights sum to zero.
        case empty
        /// The server's learning rate or momentum is out of range.
        case invalidConfiguration
        /// A stored server state is not one of this model's.
        case invalidState
        /// Stored Float64 values are not of the wanted count, or not finite.
        case invalidVector
        /// The server's step would leave a parameter or a velocity that is not finite.
        case divergent
    }

    /// The kind of failure.
    package let code: Code
    /// One sentence for people: what was wrong, where, and what to do.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }

    package static func == (left: Self, right: Self) -> Bool { left.code == right.code }
}
