/// The bounds of what this module reads or holds; what passes one of them is refused with a `TensorError`.
package enum TensorLimits {
    /// Tensors in one layout or file.
    package static let tensorCount = 65_536
    /// Bytes (UTF-8) of one tensor's name.
    package static let nameByteCount = 1_024
    /// Dimensions of one tensor.
    package static let rank = 16
    /// Values in one parameter set: 2^31, that is 8 GiB of float32.
    package static let parameterCount = 1 << 31
    /// Bytes of a safetensors header: the reference implementation's 100 MB.
    package static let safetensorsHeaderByteCount = 100_000_000
    /// Bytes of a `.npy` header.
    package static let npyHeaderByteCount = 65_535
    /// Members of one `.npz` archive.
    package static let npzMemberCount = 4_096
    /// Bytes that one `.npz` member may inflate to.
    package static let npzMemberByteCount = 1 << 33
}
