package import Attestation

extension SigningDomain {
    /// What a key signs for a request that changes something.
    package static let request = SigningDomain("tributary/request/v1")
}

/// The signature of a request that changes something: over its method, path and body, the session's token and the
/// coordinator's origin. Whoever has a token, and not its key, can read with it and do nothing else.
package enum RequestSignature {
    /// The header that carries it, in base 64.
    package static let header = "Tributary-Signature"

    /// The bytes that are signed.
    ///
    /// - Parameter path: as it stands in the request's line, query included.
    package static func message(
        method: String, path: String, body: [UInt8], token: some StringProtocol, origin: String
    ) -> [UInt8] {
        let digests = SHA256.hash(Array(token.utf8)).bytes + SHA256.hash(body).bytes
        return SigningDomain.request.message(for: digests + Array("\(method) \(path)\n\(origin)".utf8))
    }

    /// The header's value.
    ///
    /// - Throws: `AttestationError` if the cryptographic library fails.
    package static func value(
        by key: SigningKey, method: String, path: String, body: [UInt8], token: some StringProtocol, origin: String
    ) throws(AttestationError) -> String {
        Base64.encode(
            try key.sign(message(method: method, path: path, body: body, token: token, origin: origin)))
    }

    /// Whether a header's value is that key's signature of this request.
    package static func isValid(
        _ value: String, by key: PublicKey, method: String, path: String, body: [UInt8], token: some StringProtocol,
        origin: String
    ) -> Bool {
        guard value.utf8.count <= 128, let signature = Base64.decode(value.utf8) else { return false }
        return key.isValidSignature(
            signature, for: message(method: method, path: path, body: body, token: token, origin: origin))
    }
}
