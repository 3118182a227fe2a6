/// A body that somebody wants on the ledger, and when.
package struct Proposal: Hashable, Sendable {
    package let body: EntryBody
    /// Milliseconds since the Unix epoch.
    package let timeMs: UInt64

    package init(body: EntryBody, timeMs: UInt64) {
        self.body = body
        self.timeMs = timeMs
    }
}
