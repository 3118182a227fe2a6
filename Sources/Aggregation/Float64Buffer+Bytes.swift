/// The values as bytes, so that a step or an echo can be stored and read back: little-endian Float64, one after the
/// other, with +0 for either zero.
extension Float64Buffer {
    /// Values that are turned into bytes at a time.
    private static let runLength = 8_192

    /// Bytes of so many values.
    package static func byteCount(of count: Int) -> Int { 8 * count }

    /// Hands out the values as little-endian bytes, in runs, with +0 for either zero. Complexity: O(`count`).
    package borrowing func forEachRunOfBytes<Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        var words = [UInt64](repeating: 0, count: min(count, Self.runLength))
        try withUnsafeValues { values throws(Failure) in
            for start in stride(from: 0, to: values.count, by: Self.runLength) {
                let length = min(Self.runLength, values.count - start)
                for index in 0..<length {
                    words[index] = (values[start + index] + 0).bitPattern.littleEndian
                }
                try words.span.withUnsafeBytes { bytes throws(Failure) in
                    try body(UnsafeRawBufferPointer(rebasing: bytes[..<(8 * length)]))
                }
            }
        }
    }

    /// Reads back what `forEachRunOfBytes` handed out.
    ///
    /// - Parameters:
    ///   - bytes: the stored bytes.
    ///   - count: number of values that they must be.
    /// - Throws: `AggregationError` with code `invalidVector` if they are not `count` finite values.
    package static func reading(
        _ bytes: UnsafeRawBufferPointer, count: Int
    ) throws(AggregationError) -> Float64Buffer {
        guard bytes.count == Self.byteCount(of: count) else {
            throw AggregationError(
                .invalidVector, "\(bytes.count) bytes where \(count) values take \(Self.byteCount(of: count))")
        }
        var buffer = Float64Buffer(zeros: count)
        let firstBad: Int? = buffer.withUnsafeMutableValues { values in
            for index in 0..<count {
                let word = bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
                values[index] = Double(bitPattern: UInt64(littleEndian: word))
            }
            return values.firstIndex { !$0.isFinite }
        }
        if let firstBad {
            throw AggregationError(.invalidVector, "the stored value \(firstBad) is not finite")
        }
        return buffer
    }
}
