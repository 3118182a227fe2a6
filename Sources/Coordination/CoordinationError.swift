/// What went wrong in a coordinator. Equality is by `code` alone.
package struct CoordinationError: Error, Equatable, CustomStringConvertible {
    /// The kinds of failure.
    package enum Code: String, Sendable {
        /// The key is not registered as a participant.
        case notRegistered
        /// The operator has banned the key.
        case banned
        /// There is no such task, blob, participant or entry.
        case notFound
        /// Not while the task, round or upload is as it is.
        case conflict
        /// The bytes do not have the digest that they were announced under.
        case wrongDigest
        /// The task cannot be opened: its file, data or money is wrong.
        case invalidTask
        /// A named bound would be passed; trying again later may help.
        case limitExceeded
        /// The ledger refused or could not be written; after an I/O error the coordinator must be opened anew.
        case ledgerFailed
        /// The ledger is not the newest copy: a checkpoint was signed that it does not extend. Nothing was written.
        case staleLedger
        /// A blob could not be written or read.
        case storageFailed
        /// There is no room on the disk.
        case diskFull
        /// A round cannot be computed.
        case computationFailed
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
