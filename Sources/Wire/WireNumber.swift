package import FoundationEssentials

/// Numbers of 128 bits in messages: 16 bytes, big-endian.
package enum WireNumber {
    /// Bytes of a number.
    package static let byteCount = 16

    /// A number's bytes.
    package static func data(_ value: UInt128) -> Data {
        Data((0..<byteCount).map { UInt8(truncatingIfNeeded: value >> UInt128(8 * (byteCount - 1 - $0))) })
    }

    /// The number that 16 bytes are; nil for any other count.
    package static func value(_ data: Data) -> UInt128? {
        guard data.count == byteCount else { return nil }
        return data.reduce(0) { $0 << 8 | UInt128($1) }
    }
}
