/// What the header of a `.npy` file says (NumPy enhancement proposal 1; versions 1.0, 2.0 and 3.0).
package struct NPYHeader: Sendable, Hashable {
    /// The element types that are read.
    package enum ElementType: String, Sendable, CaseIterable {
        case bool = "b1"
        case uint8 = "u1"
        case int8 = "i1"
        case uint16 = "u2"
        case int16 = "i2"
        case uint32 = "u4"
        case int32 = "i4"
        case uint64 = "u8"
        case int64 = "i8"
        case float16 = "f2"
        case float32 = "f4"
        case float64 = "f8"

        /// Bytes of one value.
        package var byteCount: Int {
            switch self {
            case .bool, .uint8, .int8: 1
            case .uint16, .int16, .float16: 2
            case .uint32, .int32, .float32: 4
            case .uint64, .int64, .float64: 8
            }
        }
    }

    /// How a value is stored.
    package let type: ElementType
    /// Whether its first byte is the most significant one.
    package let isBigEndian: Bool
    /// Whether the first index varies fastest (Fortran order) rather than the last (C order).
    package let isFortranOrder: Bool
    /// Extents, outermost first; empty for a scalar.
    package let shape: [Int]
    /// Number of values: the product of `shape`.
    package let count: Int
    /// Where the values start, in bytes from the start of the file.
    package let dataOffset: Int

    /// Reads the header at the start of a whole file's bytes, and checks that the values fill the rest exactly.
    ///
    /// - Throws: `TensorError`: `invalidHeader`, `unsupportedType` (complex numbers, text, records, objects) or
    ///   `truncated`.
    package init(_ file: UnsafeRawBufferPointer) throws(TensorError) {
        let (text, textOffset) = try Self.text(of: file)
        dataOffset = textOffset + text.count
        var parser = NPYHeaderParser(text, offset: textOffset)
        let fields = try parser.parse()
        (type, isBigEndian) = try Self.type(of: fields.descriptor)
        isFortranOrder = fields.isFortranOrder
        shape = fields.shape
        var count = 1
        // An extent of 0 counts as 1 here, so that a product of any of the extents stays below the limit.
        for extent in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: max(extent, 1))
            guard !overflow, product <= TensorLimits.parameterCount else {
                throw TensorError(
                    .invalidHeader,
                    "an array of shape \(shape); at most \(TensorLimits.parameterCount) values are read"
                )
            }
            count = product
        }
        if shape.contains(0) { count = 0 }
        self.count = count
        guard file.count - dataOffset == count * type.byteCount else {
            throw TensorError(
                .truncated,
                "the values of shape \(shape) take \(count * type.byteCount) bytes; \(file.count - dataOffset) follow",
                offset: dataOffset
            )
        }
    }

    /// The header's text and where it starts.
    private static func text(of file: UnsafeRawBufferPointer) throws(TensorError) -> ([UInt8], offset: Int) {
        let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
        guard file.count >= 10, file[..<6].elementsEqual(magic) else {
            throw TensorError(.invalidHeader, "the file does not start as a .npy file does", offset: 0)
        }
        let isLong = file[6] > 1
        guard (1...3).contains(file[6]), file[7] == 0, file.count >= (isLong ? 12 : 10) else {
            throw TensorError(
                .invalidHeader,
                ".npy version \(file[6]).\(file[7]); versions 1.0, 2.0 and 3.0 are read",
                offset: 6
            )
        }
        let start = isLong ? 12 : 10
        let length = file[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= TensorLimits.npyHeaderByteCount else {
            throw TensorError(
                .invalidHeader,
                "a header of \(length) bytes; the limit is \(TensorLimits.npyHeaderByteCount)",
                offset: 8
            )
        }
        guard length <= file.count - start else {
            throw TensorError(
                .truncated,
                "the header should have \(length) bytes, but only \(file.count - start) follow",
                offset: 8
            )
        }
        return (Array(file[start..<start + length]), start)
    }

    private static func type(of descriptor: String) throws(TensorError) -> (ElementType, isBigEndian: Bool) {
        let type = ElementType(rawValue: String(descriptor.dropFirst()))
        switch (descriptor.first, type) {
        case ("<", .some(let type)), ("=", .some(let type)): return (type, false)
        case (">", .some(let type)): return (type, true)
        case ("|", .some(let type)) where type.byteCount == 1: return (type, false)
        default:
            throw TensorError(
                .unsupportedType,
                "element type \"\(descriptor)\"; integers, real numbers and booleans of up to 8 bytes are read"
            )
        }
    }
}
