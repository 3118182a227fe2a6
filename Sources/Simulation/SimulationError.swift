/// What ended or prevented a simulation. Equality is by `code` alone.
package struct SimulationError: Error, Equatable, CustomStringConvertible {
    /// The kinds of failure.
    package enum Code: String, Sendable {
        /// The data set does not fit the scenario.
        case unusableData
        /// The user asked to stop; what was done so far is on the ledger.
        case interrupted
        /// A part that the simulation drives failed.
        case underlying
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
