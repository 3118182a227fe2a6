package import Tensors

/// The contents of an IDX file of unsigned bytes, plain or gzipped: the format of MNIST and its successors.
///
/// Two zero bytes, the element type, the rank, big-endian extents of 32 bits, then the values row-major
/// (Y. LeCun, "The MNIST database", file formats).
package struct IDXFile: ~Copyable, ~Escapable {
    /// Extents, outermost first: (count, height, width) of pictures, (count) of labels.
    package let extents: [Int]
    /// Number of values: the product of `extents`.
    package let valueCount: Int
    private let name: String
    private var stream: ByteStream

    /// Bytes decompressed at a time: they stay in the second-level cache until they are converted.
    private static let chunkByteCount = 1 << 18

    /// Reads the header.
    ///
    /// - Parameters:
    ///   - file: the whole file's bytes.
    ///   - name: the file's name, for messages.
    /// - Throws: `DatasetError`: `invalidHeader`, `unsupportedType`, `limit`, `truncated` or `corruptData`. A file that
    ///   cannot hold what its header promises is refused here, before memory is taken for it.
    @_lifetime(copy file)
    package init(_ file: RawSpan, name: String) throws(DatasetError) {
        var stream = try ByteStream(file, name: name)
        let magic = try Self.bytes(4, from: &stream)
        guard magic[0] == 0, magic[1] == 0, (1...DatasetLimits.idxRank).contains(Int(magic[3])) else {
            throw DatasetError(
                .invalidHeader,
                "the file does not start as an IDX file does (\(magic))",
                advice: "IDX files start with two zero bytes, a type and 1 to \(DatasetLimits.idxRank) dimensions",
                file: name,
                at: .byte(0)
            )
        }
        guard magic[2] == 0x08 else {
            throw DatasetError(
                .unsupportedType,
                "IDX element type \(magic[2]) is not read",
                advice: "store unsigned bytes (type 8)",
                file: name,
                at: .byte(2)
            )
        }
        let words = try Self.bytes(4 * Int(magic[3]), from: &stream)
        let extents = stride(from: 0, to: words.count, by: 4).map { start in
            words[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
        }
        var count = 1
        // An extent of 0 counts as 1 here, so that a product of any of the extents stays below the limit.
        for extent in extents {
            let (product, overflow) = count.multipliedReportingOverflow(by: max(extent, 1))
            guard !overflow, product <= DatasetLimits.valueCount else {
                throw DatasetError(
                    .limit,
                    "an IDX file of extents \(extents)",
                    advice: "at most \(DatasetLimits.valueCount) values are read",
                    file: name,
                    at: .byte(4)
                )
            }
            count = product
        }
        if extents.contains(0) { count = 0 }
        guard count <= stream.greatestCount else {
            throw DatasetError(
                .truncated,
                "\(file.byteCount) bytes cannot hold the \(count) values of extents \(extents)",
                advice: "fetch the file again",
                file: name,
                at: .byte(4)
            )
        }
        self.extents = extents
        self.valueCount = count
        self.name = name
        self.stream = stream
    }

    /// The values as they are: labels.
    ///
    /// - Throws: `DatasetError`: `truncated` if there are fewer or more than promised, `corruptData`.
    package consuming func bytes() throws(DatasetError) -> [UInt8] {
        let values = try Self.bytes(valueCount, from: &stream)
        try stream.finish()
        return values
    }

    /// The values divided by 255: pixels from 0 to 1. Complexity: O(`valueCount`), a chunk of bytes beside the result.
    ///
    /// - Throws: as `bytes()` does.
    package consuming func fractions() throws(DatasetError) -> ParameterBuffer {
        var values = ParameterBuffer(zeros: valueCount)
        var chunk = [UInt8](repeating: 0, count: min(Self.chunkByteCount, valueCount))
        var position = 0
        while position < valueCount {
            let count = min(chunk.count, valueCount - position)
            chunk.removeLast(chunk.count - count)
            try Self.fill(&chunk, from: &stream)
            values.withUnsafeMutableValues { target in
                chunk.withUnsafeBufferPointer { source in
                    for index in 0..<count { target[position + index] = Float(source[index]) / 255 }
                }
            }
            position += count
        }
        try stream.finish()
        return values
    }

    private static func bytes(_ count: Int, from stream: inout ByteStream) throws(DatasetError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try fill(&bytes, from: &stream)
        return bytes
    }

    private static func fill(_ bytes: inout [UInt8], from stream: inout ByteStream) throws(DatasetError) {
        var span = bytes.mutableSpan
        var output = span.mutableBytes
        try stream.read(into: &output)
    }
}
