/// A SHA-256 digest or Merkle root: 32 bytes, ordered as the bytes are (first byte first).
package struct Digest: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Number of bytes of every digest.
    package static let byteCount = 32

    /// Thirty-two zero bytes, which no known message hashes to; used where "none" has to be written.
    package static let zero = Digest(storage: .zero)

    private let storage: Bytes32

    init(storage: Bytes32) {
        self.storage = storage
    }

    /// A digest from its bytes.
    ///
    /// - Throws: `AttestationError` with code `invalidDigest` if there are not 32.
    package init(bytes: some Collection<UInt8>) throws(AttestationError) {
        guard let storage = Bytes32(bytes) else {
            throw AttestationError(.invalidDigest, "a digest has 32 bytes, this has \(bytes.count)")
        }
        self.storage = storage
    }

    /// A digest from 64 hexadecimal digits of either case.
    ///
    /// - Throws: `AttestationError` with code `invalidDigest` if it is anything else.
    package init(hex: String) throws(AttestationError) {
        guard hex.utf8.count == 2 * Self.byteCount, let bytes = Hexadecimal.decode(hex.utf8),
            let storage = Bytes32(bytes)
        else {
            throw AttestationError(.invalidDigest, "a digest is 64 hexadecimal digits, not \(Quotation.of(hex))")
        }
        self.storage = storage
    }

    /// A digest from exactly 32 bytes of memory (a programmer's error otherwise), without allocating.
    package init(unsafeBytes: UnsafeRawBufferPointer) {
        storage = Bytes32(unsafeBytes: unsafeBytes)
    }

    /// The 32 bytes.
    package var bytes: [UInt8] { storage.array }

    /// The 64 lower-case hexadecimal digits.
    package var hex: String { Hexadecimal.encode(storage.array) }

    package var description: String { hex }

    /// Lends the 32 bytes without allocating.
    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try storage.withUnsafeBytes(body)
    }

    package static func < (left: Self, right: Self) -> Bool { left.storage < right.storage }
}
