/// A model's or an update's file, read in pieces: memory need not hold it.
package protocol BlobReading: Sendable {
    /// Bytes of the file.
    var byteCount: Int { get }

    /// Fills a buffer with the file's bytes from a place on; the buffer must lie inside the file.
    ///
    /// - Throws: `FederationError` with code `unusableUpdate` if they cannot be read.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FederationError)
}
