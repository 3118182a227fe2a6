/// Why a rehearsal could not be carried out. Equality is by `code` alone.
package struct RehearsalError: Error, Equatable, CustomStringConvertible {
    /// The kinds of failure.
    package enum Code: String, Sendable {
        /// A process could not be started, or ended with an error.
        case processFailed
        /// Nothing happened for too long.
        case timedOut
        /// The result is not the one that an undisturbed run gives.
        case differs
        /// The user asked to stop.
        case interrupted
        /// The scenario cannot be carried out by real processes.
        case unsuitable
    }

    /// The kind of failure.
    package let code: Code
    /// One sentence: what was wrong and where.
    package let message: String
    /// What to do next, where that is known.
    package let hint: String?

    package init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    package var description: String { hint.map { "\(message); \($0)" } ?? message }

    package static func == (left: Self, right: Self) -> Bool { left.code == right.code }
}
