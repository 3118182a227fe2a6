/// Where a journal's entries are kept: an append-only list of bytes, with the balances they give and the checkpoints
/// that were signed over it.
///
/// A store judges nothing. It belongs to one journal at a time and is used from one thread at a time.
package protocol LedgerStore: AnyObject {
    /// Number of entries.
    var count: UInt64 { get }

    /// Appends entries and replaces balances, all or nothing; on return they survive a loss of power, if the store is
    /// of a durable kind.
    ///
    /// - Parameters:
    ///   - entries: the next entries; the first has the sequence number `count`.
    ///   - balances: the accounts that these entries changed, as they are afterwards.
    /// - Throws: `storeFailed`, `storeCorrupt`, `storeBusy` or `readOnly`; then nothing can be said about what is on
    ///   disk, and the owner must stop.
    func append(_ entries: [EncodedEntry], balances: [StoredBalance]) throws(LedgerError)

    /// The entries of a range, in order; those past the end are left out.
    ///
    /// - Throws: `storeFailed`, or `storeCorrupt` where an entry is missing or of the wrong type.
    func entries(in range: Range<UInt64>) throws(LedgerError) -> [StoredEntry]

    /// All balances in order of account.
    ///
    /// - Throws: `storeFailed` or `storeCorrupt`.
    func balances() throws(LedgerError) -> [StoredBalance]

    /// Keeps a signed checkpoint over the first `size` entries, durably. One of the same size is replaced.
    ///
    /// - Throws: as `append`.
    func appendCheckpoint(_ note: [UInt8], size: UInt64) throws(LedgerError)

    /// The checkpoint of the largest size, as it was signed; nil if there is none.
    ///
    /// - Throws: `storeFailed` or `storeCorrupt`.
    func lastCheckpoint() throws(LedgerError) -> [UInt8]?

    /// Ends the use of the store. Closing twice is allowed.
    ///
    /// - Throws: `storeFailed`.
    func close() throws(LedgerError)
}
