/// What is wrong with bytes or text that came over the wire or from a clipboard. Equality is by `code` alone.
package struct WireError: Error, Equatable, CustomStringConvertible {
    /// The kinds of failure.
    package enum Code: String, Sendable {
        /// Not a join string, or one that was cut or mistyped.
        case invalidJoinString
        /// A message that cannot be read, or lacks what it must have.
        case malformedMessage
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
