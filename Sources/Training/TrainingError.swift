/// What went wrong with a model, its configuration or its training.
///
/// Equality is by `code` alone, so that tests compare codes and the wording stays free to improve.
package struct TrainingError: Error, Equatable, CustomStringConvertible {
    /// The kinds of failure.
    package enum Code: String, Sendable {
        /// A model without inputs or classes, or past a limit.
        case invalidArchitecture
        /// A configuration value out of its range.
        case invalidConfiguration
        /// Parameters whose layout is not the architecture's.
        case layoutMismatch
        /// Examples whose features or classes are not the architecture's, no examples, or rows that are not there.
        case invalidExamples
        /// The loss or a parameter became NaN or infinite.
        case diverged
        /// Kernels of a variant that is unknown, or that this build or this CPU does not have.
        case unsupportedKernels
    }

    /// The kind of failure.
    package let code: Code
    /// One sentence for people: what was wrong, and what to do next.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }

    package static func == (left: Self, right: Self) -> Bool { left.code == right.code }
}
