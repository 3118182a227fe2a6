/// The bounds of what this module reads or holds; what passes one of them is refused with an `AttestationError`.
package enum AttestationLimits {
    /// Bytes of one signed note, signatures included: the bound the Go implementation uses.
    package static let noteByteCount = 1_000_000
    /// Signatures of one note. C2SP signed-note asks verifiers to take at least 16.
    package static let noteSignatureCount = 100
    /// Bytes of one signature in a note, after the key id; the largest defined type (ML-DSA-44) has 2,428.
    package static let noteSignatureByteCount = 8_192
    /// Bytes (UTF-8) of a note key's name, and of a checkpoint's origin.
    package static let nameByteCount = 1_024
    /// Bytes of a `vkey` or `skey` line.
    package static let noteKeyByteCount = 4_096
    /// Extension lines of one checkpoint.
    package static let checkpointExtensionCount = 64
    /// Hashes of one inclusion or consistency proof: two a level of a tree of 2^64 leaves would already be too many.
    package static let proofHashCount = 65
    /// Characters of a `did:key`; an Ed25519 key has 56.
    package static let didByteCount = 128
    /// Bytes or characters that base 58 converts; its cost grows with their square.
    package static let base58ByteCount = 128
    /// Characters quoted from bad input in an error's message.
    package static let quotedCharacterCount = 80
    /// Bytes of a PEM file of certificates or of a private key.
    package static let certificateByteCount = 1 << 20
}
