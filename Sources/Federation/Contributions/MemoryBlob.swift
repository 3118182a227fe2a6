/// A file's bytes in memory, read like a file: for tests, and for the simulated disk.
package struct MemoryBlob: BlobReading {
    /// The bytes.
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package var byteCount: Int { bytes.count }

    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FederationError) {
        guard offset >= 0, offset <= bytes.count, buffer.count <= bytes.count - offset else {
            throw FederationError(
                .unusableUpdate, "\(buffer.count) bytes from \(offset) on, of a file of \(bytes.count)")
        }
        bytes.withUnsafeBytes {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset...].prefix(buffer.count)))
        }
    }
}
