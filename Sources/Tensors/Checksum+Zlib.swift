internal import CZlib

/// The CRC-32 of zip archives and gzip files (ISO 3309).
enum Checksum {
    /// The checksum of the bytes. Complexity: O(n).
    static func crc32(_ bytes: [UInt8]) -> UInt32 {
        UInt32(truncatingIfNeeded: bytes.withUnsafeBytes { crc32_z(0, $0.baseAddress, $0.count) })
    }
}
