/// The hashes of an RFC 6962 Merkle tree (§2.1): a prefix byte keeps leaves and nodes apart, so that no node can be
/// passed off as a leaf.
package enum MerkleHash {
    /// Root of the tree without leaves: SHA-256 of nothing.
    package static let emptyRoot = SHA256.hash([])

    /// SHA-256(0x00 ‖ bytes). Allocates nothing.
    package static func leaf(_ bytes: UnsafeRawBufferPointer) -> Digest {
        var hasher = SHA256.Hasher()
        hasher.update(byte: 0x00)
        hasher.update(bytes)
        return hasher.finalize()
    }

    /// SHA-256(0x00 ‖ bytes).
    package static func leaf(_ bytes: [UInt8]) -> Digest {
        bytes.withUnsafeBytes { leaf($0) }
    }

    /// SHA-256(0x01 ‖ left ‖ right). Allocates nothing.
    package static func node(_ left: Digest, _ right: Digest) -> Digest {
        var hasher = SHA256.Hasher()
        hasher.update(byte: 0x01)
        left.withUnsafeBytes { hasher.update($0) }
        right.withUnsafeBytes { hasher.update($0) }
        return hasher.finalize()
    }
}
