/// What is wrong with an entry, a history, a ledger file or a receipt.
///
/// Equality is by `code` alone, so that tests compare codes and the wording stays free to improve.
package struct LedgerError: Error, Equatable, CustomStringConvertible, Sendable {
    /// The kind of failure.
    package let code: Code
    /// One sentence for people: what was wrong, and what to do where that helps.
    package let message: String
    /// Index of the entry that it is about, where there is one.
    package let sequence: UInt64?
    /// Which of the bodies handed to one append was refused; those before it are in the log.
    package let bodyIndex: Int?

    package init(_ code: Code, _ message: String, sequence: UInt64? = nil, bodyIndex: Int? = nil) {
        self.code = code
        self.message = message
        self.sequence = sequence
        self.bodyIndex = bodyIndex
    }

    /// The same error, naming the entry and the body it is about.
    package func at(sequence: UInt64?, bodyIndex: Int? = nil) -> LedgerError {
        LedgerError(code, message, sequence: sequence ?? self.sequence, bodyIndex: bodyIndex ?? self.bodyIndex)
    }

    package var description: String {
        sequence.map { "entry \($0): \(message)" } ?? message
    }

    package static func == (left: Self, right: Self) -> Bool { left.code == right.code }
}
