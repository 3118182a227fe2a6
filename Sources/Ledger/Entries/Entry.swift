package import Attestation

/// One leaf of the ledger.
package struct Entry: Hashable, Sendable {
    /// Index in the log, from 0.
    package let sequence: UInt64
    /// Leaf hash of the entry before; zeros in entry 0.
    package let previous: Digest
    /// Milliseconds since the Unix epoch, never less than the entry before has.
    package let timeMs: UInt64
    /// Derived from the body; occurs once in a log.
    package let id: EntryID
    package let body: EntryBody

    package init(sequence: UInt64, previous: Digest, timeMs: UInt64, id: EntryID, body: EntryBody) {
        self.sequence = sequence
        self.previous = previous
        self.timeMs = timeMs
        self.id = id
        self.body = body
    }
}
