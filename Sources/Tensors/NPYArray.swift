/// An array in NumPy's `.npy` format: its header, and its values converted on request.
package final class NPYArray: Sendable {
    /// Type, order and shape.
    package let header: NPYHeader
    private let storage: Storage

    private enum Storage: Sendable {
        case file(MappedFile)
        case bytes([UInt8])
    }

    /// Maps a `.npy` file and checks its header.
    ///
    /// - Throws: `TensorError`: `fileUnreadable`, and those of `NPYHeader`.
    package init(path: String) throws(TensorError) {
        let file = try MappedFile(path: path)
        header = try file.withUnsafeBytes { (bytes) throws(TensorError) in try NPYHeader(bytes) }
        storage = .file(file)
    }

    /// Takes over the bytes of a whole `.npy` file.
    ///
    /// - Throws: `TensorError`: those of `NPYHeader`.
    package init(bytes: [UInt8]) throws(TensorError) {
        header = try bytes.span.bytes.withUnsafeBytes { (bytes) throws(TensorError) in try NPYHeader(bytes) }
        storage = .bytes(bytes)
    }

    /// Lends the values' bytes as stored.
    func withUnsafeValues<Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        let start = header.dataOffset
        switch storage {
        case .file(let file):
            try file.withUnsafeBytes { (bytes) throws(Failure) in
                try body(UnsafeRawBufferPointer(rebasing: bytes[start...]))
            }
        case .bytes(let bytes):
            try bytes.span.bytes.withUnsafeBytes { (bytes) throws(Failure) in
                try body(UnsafeRawBufferPointer(rebasing: bytes[start...]))
            }
        }
    }
}
