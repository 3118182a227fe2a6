package import Attestation

/// An entry with the exact bytes that are stored, hashed and sent.
package struct EncodedEntry: Hashable, Sendable {
    /// The bytes as first written.
    package let bytes: [UInt8]
    /// SHA-256(0x00 || bytes), RFC 6962 section 2.1.
    package let leafHash: Digest
    /// What the bytes say.
    package let entry: Entry

    /// Decodes and hashes. Complexity: O(bytes).
    ///
    /// - Throws: as `Entry.init(decoding:)`.
    package init(decoding bytes: [UInt8]) throws(LedgerError) {
        self.entry = try Entry(decoding: bytes)
        self.bytes = bytes
        self.leafHash = MerkleHash.leaf(bytes)
    }

    /// Bytes that were just encoded from `entry`.
    init(bytes: [UInt8], entry: Entry) {
        self.bytes = bytes
        self.leafHash = MerkleHash.leaf(bytes)
        self.entry = entry
    }
}
