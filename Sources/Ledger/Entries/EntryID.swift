/// An entry's idempotency id: 16 bytes derived from its body, so that the same body proposed twice has one id.
package struct EntryID: Hashable, Sendable, CustomStringConvertible {
    /// The first and last eight bytes, big-endian.
    private let high: UInt64
    private let low: UInt64

    /// Bytes of an id.
    package static let byteCount = 16

    /// - Throws: `wrongLength` unless there are 16 bytes.
    package init(_ bytes: some Collection<UInt8>) throws(LedgerError) {
        guard bytes.count == Self.byteCount else {
            throw LedgerError(.wrongLength, "an entry's id of \(bytes.count) bytes; it has 16")
        }
        self.init(prefixOf: bytes)
    }

    /// The first 16 of at least 16 bytes.
    init(prefixOf bytes: some Collection<UInt8>) {
        precondition(bytes.count >= Self.byteCount, "an id needs 16 bytes")
        var words: (UInt64, UInt64) = (0, 0)
        for (index, byte) in bytes.prefix(Self.byteCount).enumerated() {
            if index < 8 { words.0 = words.0 << 8 | UInt64(byte) } else { words.1 = words.1 << 8 | UInt64(byte) }
        }
        (high, low) = words
    }

    /// The 16 bytes.
    package var bytes: [UInt8] {
        (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? high : low) >> UInt64(56 - 8 * ($0 % 8))) }
    }

    package var description: String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// Ids are hashes already: one half is enough.
    package func hash(into hasher: inout Hasher) { hasher.combine(high) }
}
