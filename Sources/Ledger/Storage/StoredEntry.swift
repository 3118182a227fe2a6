package import Attestation

/// An entry as a store has it: not yet believed.
package struct StoredEntry: Hashable, Sendable {
    /// The entry's bytes.
    package let bytes: [UInt8]
    /// What the store says is their leaf hash.
    package let leafHash: Digest

    package init(bytes: [UInt8], leafHash: Digest) {
        self.bytes = bytes
        self.leafHash = leafHash
    }
}
