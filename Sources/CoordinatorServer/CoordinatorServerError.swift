/// What keeps a coordinator's server from starting or a local command from doing its work. Equality is by `code` alone.
package struct CoordinatorServerError: Error, Equatable, CustomStringConvertible {
    /// The kinds of failure.
    package enum Code: String, Sendable {
        /// There is no coordinator in the folder.
        case notACoordinator
        /// There is one already.
        case exists
        /// `coordinator.yaml` cannot be used.
        case badSettings
        /// Another process has the folder.
        case locked
        /// The ledger is not the newest copy.
        case staleLedger
        /// The coordinator's key cannot be used.
        case badKey
        /// The certificate cannot be used.
        case badCertificate
        /// The invitations or bans file is damaged.
        case damagedFile
        /// A file cannot be read or written.
        case fileSystem
        /// There is no room on the disk.
        case diskFull
        /// Another program listens at the address.
        case portInUse
        /// The address cannot be listened at.
        case cannotListen
        /// A named bound would be passed.
        case limitExceeded
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
