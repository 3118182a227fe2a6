/// What was wrong with a digest, a proof, a key, a signature, a note or a checkpoint.
///
/// Equality is by `code` alone, so that tests compare codes and the wording stays free to improve.
package struct AttestationError: Error, Equatable, CustomStringConvertible {
    /// The kinds of failure.
    package enum Code: String, Sendable {
        /// A digest that is not 32 bytes or not 64 hexadecimal digits.
        case invalidDigest
        /// A leaf index or tree size that the tree does not have.
        case outOfRange
        /// A Merkle proof of the wrong length or shape, or one that leads to another root.
        case invalidProof
        /// Key material of the wrong length, not canonical, or of small order.
        case invalidKey
        /// A `did:key` that is malformed or names another kind of key.
        case invalidDID
        /// A `vkey` or `skey` line that is malformed, or whose key id does not belong to its key.
        case invalidNoteKey
        /// A key type that this module does not have.
        case unsupportedAlgorithm
        /// A signed note that breaks the format.
        case invalidNote
        /// A checkpoint text that breaks the format.
        case invalidCheckpoint
        /// A known key's signature does not verify.
        case invalidSignature
        /// No signature of a note is by a known key.
        case unknownSigner
        /// A certificate that cannot be read.
        case invalidCertificate
        /// A certificate's private key that cannot be read, or that is another's.
        case invalidCertificateKey
        /// Something larger or more numerous than `AttestationLimits` allows.
        case limitExceeded
        /// The cryptographic library failed where it must not.
        case cryptographyUnavailable
    }

    /// The kind of failure.
    package let code: Code
    /// One sentence for people: what was wrong, and what to do next where that is not plain.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }

    package static func == (left: Self, right: Self) -> Bool { left.code == right.code }
}
