/// The bounds of an audit.
package enum AuditLimits {
    /// Faults that are listed; an audit stops looking after them.
    package static let faultCount = 100
    /// Files that are listed as not covered.
    package static let fileCount = 10_000
    /// Entries read from the store at once.
    package static let entriesPerRead = 4_096
    /// Bytes of a scenario file, a checkpoint, or a server state read from a run folder.
    package static let smallFileByteCount = 1 << 20
}
