/// Why something cannot be scored.
///
/// Equality is by `code` alone, so that tests compare codes and the wording stays free to improve.
package struct ValuationError: Error, Equatable, CustomStringConvertible {
    /// The kinds of failure.
    package enum Code: String, Sendable {
        /// A gradient, a model or a loss has a value that is NaN or infinite.
        case notFinite
        /// An update has a value that is not on the grid.
        case offGrid
        /// Vectors that belong together have different numbers of values.
        case wrongCount
        /// A weight or a denominator is out of its range.
        case invalidWeight
        /// The learning rate is not positive and finite.
        case invalidConfiguration
        /// A loss does not fit a signed 64-bit number of 10^-12 nat, or a vector's magnitude is extreme.
        case overflow
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

extension ValuationError {
    /// A vector has a value that is not finite.
    static func notFinite(at index: Int) -> ValuationError {
        ValuationError(.notFinite, "value \(index) is not finite; the model has diverged, lower the learning rate")
    }
}
