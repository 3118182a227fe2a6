/// A safetensors file opened for reading: what is in it, and the values of any of its tensors.
package final class SafetensorsFile: Sendable {
    private let file: MappedFile
    /// What the file holds.
    package let header: SafetensorsHeader

    /// Maps a file and checks its header.
    ///
    /// - Throws: `TensorError`: `fileUnreadable`, and those of `SafetensorsHeader`.
    package init(path: String) throws(TensorError) {
        let file = try MappedFile(path: path)
        header = try file.withUnsafeBytes { (bytes) throws(TensorError) in try SafetensorsHeader(bytes) }
        self.file = file
    }

    /// All floating-point tensors as float32; see `Safetensors.parameters(from:expecting:)`.
    package func parameters(expecting layout: ParameterLayout? = nil) throws(TensorError) -> ParameterSet {
        try file.withUnsafeBytes { (bytes) throws(TensorError) in
            try Safetensors.parameters(from: bytes, expecting: layout)
        }
    }

    /// Lends one tensor's bytes as stored: little-endian, row-major, not aligned.
    package func withUnsafeBytes<Result, Failure: Error>(
        of tensor: SafetensorsHeader.Tensor,
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(tensor.range.upperBound <= file.count, "the tensor is of another file")
        return try file.withUnsafeBytes { (bytes) throws(Failure) in
            try body(UnsafeRawBufferPointer(rebasing: bytes[tensor.range]))
        }
    }
}
