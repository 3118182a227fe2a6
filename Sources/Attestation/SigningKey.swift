/// An Ed25519 private key (RFC 8032), held by libcrypto; printing it shows the public key only.
package struct SigningKey: Sendable, CustomStringConvertible {
    /// Number of bytes of the seed that the key is made from.
    package static let seedByteCount = 32

    /// The public half.
    package let publicKey: PublicKey

    let handle: SigningKeyHandle

    /// The key of a seed: 32 secret bytes.
    ///
    /// - Throws: `AttestationError` with code `invalidKey` if there are not 32, `cryptographyUnavailable` if libcrypto
    ///   fails.
    package init(seed: [UInt8]) throws(AttestationError) {
        guard seed.count == Self.seedByteCount else {
            throw AttestationError(.invalidKey, "an Ed25519 seed has 32 bytes, this has \(seed.count)")
        }
        try self.init(handle: SigningKeyHandle(seed: seed))
    }

    /// A new key from the operating system's randomness.
    ///
    /// - Throws: `AttestationError` with code `cryptographyUnavailable` if there is none.
    package static func generate() throws(AttestationError) -> SigningKey {
        try SigningKey(handle: SigningKeyHandle.generate())
    }

    private init(handle: SigningKeyHandle) throws(AttestationError) {
        self.handle = handle
        publicKey = try PublicKey(bytes: handle.publicKeyBytes())
    }

    /// The 32 secret bytes that make the key again. Whoever holds them is the key's owner.
    ///
    /// - Throws: `AttestationError` with code `cryptographyUnavailable` if libcrypto does not give them out.
    package var seed: [UInt8] {
        get throws(AttestationError) { try handle.seed() }
    }

    /// Signs a message; pass it through a `SigningDomain` first. The same message gives the same 64 bytes.
    ///
    /// - Throws: `AttestationError` with code `cryptographyUnavailable` if libcrypto fails.
    package func sign(_ message: [UInt8]) throws(AttestationError) -> [UInt8] {
        try handle.sign(message)
    }

    package var description: String { "SigningKey(\(publicKey.did))" }
}
