/// Keeps the newest checkpoint that was signed over a log, apart from the log itself.
///
/// A log that was replaced by an older copy brings its own checkpoints back with it; this store does not come back with
/// it. The journal swaps each checkpoint in here before it gives it out, so that one log has one head.
package protocol SignedHeadStore: AnyObject {
    /// The checkpoint that was swapped in last, as it was signed; nil before the first.
    ///
    /// - Throws: `storeFailed`.
    func last() throws(LedgerError) -> [UInt8]?

    /// Every signed checkpoint that is at hand, wherever it lies. The log must be an extension of each.
    ///
    /// - Throws: `storeFailed`.
    func known() throws(LedgerError) -> [SignedHead]

    /// Replaces the checkpoint `old` by `new`, whole and durably, if `old` is still the last one. With equal values
    /// it only compares.
    ///
    /// - Throws: `headMoved` where another checkpoint was swapped in meanwhile, `storeFailed` or `storeFull`.
    func swap(_ old: [UInt8]?, for new: [UInt8]) throws(LedgerError)
}

/// A signed checkpoint, and where it was found.
package struct SignedHead: Sendable {
    /// Names the place in messages.
    package let place: String
    /// The signed note.
    package let note: [UInt8]

    package init(place: String, note: [UInt8]) {
        self.place = place
        self.note = note
    }
}

/// A store that forgets its checkpoint with the process: for simulation and tests.
package final class InMemorySignedHeadStore: SignedHeadStore {
    private var note: [UInt8]?

    package init() {}

    package func last() throws(LedgerError) -> [UInt8]? { note }

    package func known() throws(LedgerError) -> [SignedHead] {
        note.map { [SignedHead(place: "the store of signed heads", note: $0)] } ?? []
    }

    package func swap(_ old: [UInt8]?, for new: [UInt8]) throws(LedgerError) {
        guard note == old else { throw LedgerError(.headMoved, "another process has signed this log meanwhile") }
        note = new
    }
}
