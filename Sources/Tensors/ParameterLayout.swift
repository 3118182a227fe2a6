/// The names and shapes of a model's tensors, and where each lies in one flat run of values.
///
/// Tensors follow each other without gaps in the order given, row-major (C order). Two parameter sets can be added,
/// averaged or compared only if their layouts are equal.
package struct ParameterLayout: Hashable, Sendable {
    /// One named tensor of the layout.
    package struct Tensor: Hashable, Sendable {
        /// The tensor's name, unique in its layout.
        package let name: String
        /// Extents, outermost first; empty for a scalar.
        package let shape: [Int]
        /// Index of the first value in the flat buffer.
        package let offset: Int
        /// Number of values: the product of `shape`.
        package let count: Int

        /// The tensor's place in the flat buffer.
        package var range: Range<Int> { offset..<offset + count }
    }

    /// The tensors, in storage order.
    package let tensors: [Tensor]
    /// Number of values of all tensors together.
    package let count: Int

    /// Lays out tensors one after the other.
    ///
    /// - Parameter tensors: names and shapes in storage order.
    /// - Throws: `TensorError` with code `invalidLayout` if a name is empty or repeated, an extent is negative, or a
    ///   limit of `TensorLimits` is passed.
    package init(_ tensors: [(name: String, shape: [Int])]) throws(TensorError) {
        guard tensors.count <= TensorLimits.tensorCount else {
            throw TensorError(
                .invalidLayout, "\(tensors.count) tensors; the limit is \(TensorLimits.tensorCount)")
        }
        var laidOut: [Tensor] = []
        laidOut.reserveCapacity(tensors.count)
        var names = Set<String>()
        var offset = 0
        for (name, shape) in tensors {
            guard !name.isEmpty, name.utf8.count <= TensorLimits.nameByteCount else {
                throw TensorError(
                    .invalidLayout, "a tensor's name must have 1 to \(TensorLimits.nameByteCount) bytes")
            }
            guard names.insert(name).inserted else {
                throw TensorError(.invalidLayout, "tensor \"\(name)\" appears twice")
            }
            let count = try Self.valueCount(of: shape, name: name)
            laidOut.append(Tensor(name: name, shape: shape, offset: offset, count: count))
            offset += count
            guard offset <= TensorLimits.parameterCount else {
                throw TensorError(
                    .invalidLayout, "more than \(TensorLimits.parameterCount) values up to tensor \"\(name)\"")
            }
        }
        self.tensors = laidOut
        self.count = offset
    }

    /// The tensor of that name, or nil. Complexity: O(tensors).
    package func tensor(named name: String) -> Tensor? {
        tensors.first { $0.name == name }
    }

    private static func valueCount(of shape: [Int], name: String) throws(TensorError) -> Int {
        guard shape.count <= TensorLimits.rank else {
            throw TensorError(
                .invalidLayout, "tensor \"\(name)\" has \(shape.count) dimensions; the limit is \(TensorLimits.rank)")
        }
        var count = 1
        for extent in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard extent >= 0, !overflow, product <= TensorLimits.parameterCount else {
                throw TensorError(
                    .invalidLayout,
                    "tensor \"\(name)\" of shape \(shape) has a negative extent or over \(TensorLimits.parameterCount) values"
                )
            }
            count = product
        }
        return count
    }
}
