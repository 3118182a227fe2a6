/// What keeps an audit from being done at all; what an audit finds is an `AuditFault`. Equality is by `code` alone.
package struct AuditError: Error, Equatable, CustomStringConvertible {
    /// The kinds of failure.
    package enum Code: String, Sendable {
        /// The ledger cannot be opened or holds nothing.
        case noLedger
        /// A value was asked for of a run whose ledger does not verify.
        case unsoundLedger
        /// The ledger is being written to.
        case busy
        /// The key given is not the one that the ledger names.
        case wrongKey
        /// A value was asked for of a run with too many participants.
        case tooManyParticipants
        /// A value was asked for of a run whose updates were not all kept.
        case updatesNotKept
        /// A value was asked for of a run that is not closed.
        case notClosed
        /// A value was asked for of a run that paid nobody.
        case nothingPaid
        /// The run's data set, or the validation set that it was scored on, is not there.
        case dataMissing
        /// Training again was asked for of a run that the built-in trainer does not repeat.
        case notBuiltIn
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
