internal import COpenSSL

extension PublicKey {
    /// Whether the signature is this key's over exactly that message; the rule is `PublicKey`'s.
    package func isValidSignature(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        guard signature.count == Self.signatureByteCount else { return false }
        let key = withUnsafeBytes { bytes in
            EVP_PKEY_new_raw_public_key(
                EVP_PKEY_ED25519,
                nil,
                bytes.bindMemory(to: UInt8.self).baseAddress,
                bytes.count
            )
        }
        defer { EVP_PKEY_free(key) }
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        guard let key, let context, EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1 else {
            ERR_clear_error()
            return false
        }
        let isValid = EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
        // A refused signature leaves a record in the thread's error queue.
        if !isValid { ERR_clear_error() }
        return isValid
    }
}
