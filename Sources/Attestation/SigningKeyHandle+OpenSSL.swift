internal import COpenSSL

/// Owns libcrypto's object of one Ed25519 private key, and frees (and wipes) it.
final class SigningKeyHandle: Sendable {
    /// Never changed after `init`; libcrypto allows concurrent signing with one key.
    nonisolated(unsafe) private let key: OpaquePointer

    private init(key: OpaquePointer) {
        self.key = key
    }

    /// The key of 32 secret bytes.
    convenience init(seed: [UInt8]) throws(AttestationError) {
        guard let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count) else {
            throw Self.failure("take in an Ed25519 key")
        }
        self.init(key: key)
    }

    deinit {
        EVP_PKEY_free(key)
    }

    /// A new key from the operating system's randomness.
    static func generate() throws(AttestationError) -> SigningKeyHandle {
        let context = EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, nil)
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard let context, EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_keygen(context, &key) == 1, let key else {
            throw failure("make an Ed25519 key")
        }
        return SigningKeyHandle(key: key)
    }

    /// The public key's 32 bytes.
    func publicKeyBytes() throws(AttestationError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: PublicKey.byteCount)
        var count = bytes.count
        guard EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1, count == bytes.count else {
            throw Self.failure("give an Ed25519 public key")
        }
        return bytes
    }

    /// The seed's 32 bytes.
    func seed() throws(AttestationError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: SigningKey.seedByteCount)
        var count = bytes.count
        guard EVP_PKEY_get_raw_private_key(key, &bytes, &count) == 1, count == bytes.count else {
            throw Self.failure("give an Ed25519 seed")
        }
        return bytes
    }

    /// The signature's 64 bytes.
    func sign(_ message: [UInt8]) throws(AttestationError) -> [UInt8] {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: PublicKey.signatureByteCount)
        var count = signature.count
        guard let context, EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
            EVP_DigestSign(context, &signature, &count, message, message.count) == 1, count == signature.count
        else {
            throw Self.failure("sign with Ed25519")
        }
        return signature
    }

    private static func failure(_ action: String) -> AttestationError {
        let code = ERR_get_error()
        ERR_clear_error()
        return AttestationError(.cryptographyUnavailable, "libcrypto could not \(action) (its error is \(code))")
    }
}
