/// What went wrong in configuring or running a federation. Equality is by `code` alone.
package struct FederationError: Error, Equatable, CustomStringConvertible {
    /// The kinds of failure.
    package enum Code: String, Sendable {
        /// The file is not YAML that is read here.
        case malformedConfiguration
        /// A key that the file's format does not have.
        case unknownKey
        /// A key that must be there is not.
        case missingKey
        /// A value of the wrong type, or out of its range.
        case invalidValue
        /// Values that do not go together.
        case inconsistentConfiguration
        /// An update or a model cannot be used in the round it was given for.
        case unusableUpdate
        /// Training produced values that are not finite.
        case diverged
        /// Something else failed underneath; the message is the cause's.
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
