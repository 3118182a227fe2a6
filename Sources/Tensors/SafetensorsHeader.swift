/// What the header of a safetensors file says, checked against the file's size.
///
/// The format: 8 bytes little-endian header length, that many bytes of JSON, then the tensors' values; the byte ranges
/// must follow each other without gap or overlap and fill the file to its end (huggingface/safetensors, README).
package struct SafetensorsHeader: Sendable {
    /// One tensor of the file.
    package struct Tensor: Sendable, Hashable {
        /// The tensor's name, unique in the file.
        package let name: String
        /// How its values are stored.
        package let type: ElementType
        /// Extents, outermost first; empty for a scalar.
        package let shape: [Int]
        /// Where its values lie, in bytes from the start of the file.
        package let range: Range<Int>

        /// Number of values.
        package var count: Int { range.count / type.byteCount }
    }

    /// The element types of whole bytes that the format names.
    package enum ElementType: String, Sendable, CaseIterable {
        case bool = "BOOL"
        case uint8 = "U8"
        case int8 = "I8"
        case float8e5m2 = "F8_E5M2"
        case float8e4m3 = "F8_E4M3"
        case float8e8m0 = "F8_E8M0"
        case int16 = "I16"
        case uint16 = "U16"
        case float16 = "F16"
        case bfloat16 = "BF16"
        case int32 = "I32"
        case uint32 = "U32"
        case float32 = "F32"
        case int64 = "I64"
        case uint64 = "U64"
        case float64 = "F64"
        case complex64 = "C64"

        /// Bytes of one value.
        package var byteCount: Int {
            switch self {
            case .bool, .uint8, .int8, .float8e5m2, .float8e4m3, .float8e8m0: 1
            case .int16, .uint16, .float16, .bfloat16: 2
            case .int32, .uint32, .float32: 4
            case .int64, .uint64, .float64, .complex64: 8
            }
        }

        /// Whether the values can be read as float32 (see `Safetensors.parameters`).
        package var isConvertible: Bool {
            switch self {
            case .float16, .bfloat16, .float32, .float64: true
            default: false
            }
        }
    }

    /// The tensors in the order of their places in the file.
    package let tensors: [Tensor]
    /// The file's own notes (`__metadata__`).
    package let metadata: [String: String]
    /// Where the values start, in bytes from the start of the file.
    package let dataOffset: Int

    /// Reads and checks the header of a whole file's bytes.
    ///
    /// - Throws: `TensorError`: `truncated` where the file is shorter or longer than it says, `invalidHeader` for a
    ///   malformed header or one past a limit, `unsupportedType` for an unknown element type.
    package init(_ file: UnsafeRawBufferPointer) throws(TensorError) {
        let json = try Self.json(of: file)
        dataOffset = 8 + json.count
        var parser = SafetensorsHeaderParser(json)
        let entries = try parser.parse()
        metadata = parser.metadata
        tensors = try Self.placed(entries, dataOffset: dataOffset, fileCount: file.count)
    }

    /// The tensor of that name, or nil. Complexity: O(tensors).
    package func tensor(named name: String) -> Tensor? {
        tensors.first { $0.name == name }
    }

    /// The header's JSON text, its length checked first.
    private static func json(of file: UnsafeRawBufferPointer) throws(TensorError) -> [UInt8] {
        guard file.count >= 8 else {
            throw TensorError(
                .truncated,
                "a safetensors file starts with 8 bytes of header length; this one has \(file.count) bytes"
            )
        }
        let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
        guard length <= UInt64(TensorLimits.safetensorsHeaderByteCount) else {
            throw TensorError(
                .invalidHeader,
                "a header of \(length) bytes; the limit is \(TensorLimits.safetensorsHeaderByteCount)",
                offset: 0
            )
        }
        guard Int(length) <= file.count - 8 else {
            throw TensorError(
                .truncated,
                "the header should have \(length) bytes, but only \(file.count - 8) follow",
                offset: 8
            )
        }
        return Array(file[8..<8 + Int(length)])
    }

    /// The entries as tensors in file order, refused unless they fill the values' part of the file exactly.
    private static func placed(
        _ entries: [SafetensorsHeaderParser.Entry],
        dataOffset: Int,
        fileCount: Int
    ) throws(TensorError) -> [Tensor] {
        let sorted = entries.sorted { ($0.start, $0.end, $0.name) < ($1.start, $1.end, $1.name) }
        var tensors: [Tensor] = []
        tensors.reserveCapacity(sorted.count)
        var end: UInt64 = 0
        for entry in sorted {
            guard let byteCount = byteCount(of: entry) else {
                throw TensorError(
                    .invalidHeader,
                    "the size of tensor \"\(entry.name)\" of shape \(entry.shape) overflows 64 bits"
                )
            }
            guard entry.start == end, entry.end >= entry.start else {
                throw TensorError(
                    .invalidHeader,
                    "tensor \"\(entry.name)\" lies at \(entry.start)..<\(entry.end), but the one before ends at \(end)"
                )
            }
            guard entry.end - entry.start == byteCount else {
                throw TensorError(
                    .invalidHeader,
                    "tensor \"\(entry.name)\" needs \(byteCount) bytes, but its offsets span \(entry.end - entry.start)"
                )
            }
            end = entry.end
            guard end <= UInt64(fileCount - dataOffset) else {
                throw TensorError(
                    .truncated,
                    "tensor \"\(entry.name)\" ends at byte \(end) of \(fileCount - dataOffset) bytes of values",
                    offset: fileCount
                )
            }
            tensors.append(
                Tensor(
                    name: entry.name,
                    type: entry.type,
                    shape: entry.shape.map { Int($0) },
                    range: dataOffset + Int(entry.start)..<dataOffset + Int(end)
                )
            )
        }
        guard end == UInt64(fileCount - dataOffset) else {
            throw TensorError(
                .truncated,
                "\(UInt64(fileCount - dataOffset) - end) bytes belong to no tensor",
                offset: dataOffset + Int(end)
            )
        }
        return tensors
    }

    /// Bytes of an entry by its shape and type, or nil where a product or an extent leaves 63 bits.
    private static func byteCount(of entry: SafetensorsHeaderParser.Entry) -> UInt64? {
        var product = UInt64(entry.type.byteCount)
        for extent in entry.shape {
            let (next, overflow) = product.multipliedReportingOverflow(by: extent)
            guard !overflow, extent <= UInt64(Int.max) else { return nil }
            product = next
        }
        return product
    }
}
