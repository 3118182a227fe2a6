/// What became of one body handed to `Journal.append`.
package struct AppendResult: Hashable, Sendable {
    /// Whether it is new.
    package enum Outcome: Sendable {
        /// The body is in the log, durably.
        case appended
        /// The same body was in the log before; nothing was written.
        case exists
    }

    package let outcome: Outcome
    /// The entry that says it.
    package let sequence: UInt64
    package let id: EntryID

    package init(outcome: Outcome, sequence: UInt64, id: EntryID) {
        self.outcome = outcome
        self.sequence = sequence
        self.id = id
    }
}
