package import Attestation

/// What a replay found.
package struct ReplayReport: Sendable {
    /// The first thing that is wrong.
    package struct Fault: Sendable {
        /// The wrong entry; nil where the entries are right and what is derived from them is not.
        package let sequence: UInt64?
        package let error: LedgerError
    }

    /// The state after the entries before the fault, or after all.
    package let state: LedgerState
    /// Entries that are right.
    package var count: UInt64 { state.count }
    /// Root over them.
    package let root: Digest
    /// Nil where everything is right.
    package let fault: Fault?
}
