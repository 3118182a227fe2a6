internal import Attestation

extension Float64Buffer {
    /// Values that are turned into bytes at a time.
    private static let runLength = 8_192

    /// Hands out the values as little-endian bytes, in runs, with +0 for either zero. Complexity: O(`count`).
    borrowing func forEachRunOfBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
        var words = [UInt64](repeating: 0, count: min(count, Self.runLength))
        withUnsafeValues { values in
            for start in stride(from: 0, to: values.count, by: Self.runLength) {
                let length = min(Self.runLength, values.count - start)
                for index in 0..<length {
                    words[index] = (values[start + index] + 0).bitPattern.littleEndian
                }
                words.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<(8 * length)])) }
            }
        }
    }
}
