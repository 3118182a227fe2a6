internal import COpenSSL

/// What a server shows: a certificate, perhaps with those of the authorities above it, and the private key of the
/// first.
package struct ServerCertificate: Sendable {
    /// SHA-256 of the first certificate, DER: what clients pin.
    package let fingerprint: Digest
    /// Seconds since the Unix epoch.
    package let validFrom: Int64
    package let validUntil: Int64

    /// Reads a PEM chain, the server's own certificate first, and its PEM key.
    ///
    /// - Throws: `AttestationError` with code `invalidCertificate` if the chain cannot be read,
    ///   `invalidCertificateKey` if the key cannot, is encrypted, or is not the first certificate's.
    package init(certificate chain: [UInt8], privateKey: [UInt8]) throws(AttestationError) {
        guard chain.count <= AttestationLimits.certificateByteCount,
            privateKey.count <= AttestationLimits.certificateByteCount
        else {
            throw AttestationError(
                .invalidCertificate,
                "a certificate or key file of more than \(AttestationLimits.certificateByteCount) bytes")
        }
        let certificate = try Self.read(chain, .invalidCertificate, "holds no PEM certificate") {
            PEM_read_bio_X509($0, nil, Self.noPassword, nil)
        }
        defer { X509_free(certificate) }
        let key = try Self.read(
            privateKey, .invalidCertificateKey, "holds no PEM private key that can be read without a password"
        ) {
            PEM_read_bio_PrivateKey($0, nil, Self.noPassword, nil)
        }
        defer { EVP_PKEY_free(key) }
        guard X509_check_private_key(certificate, key) == 1 else {
            ERR_clear_error()
            throw AttestationError(.invalidCertificateKey, "the private key is not the certificate's")
        }
        validFrom = try Self.seconds(X509_get0_notBefore(certificate))
        validUntil = try Self.seconds(X509_get0_notAfter(certificate))
        var bytes = [UInt8](repeating: 0, count: Digest.byteCount)
        var count = UInt32(bytes.count)
        guard X509_digest(certificate, EVP_sha256(), &bytes, &count) == 1 else {
            throw AttestationError(.cryptographyUnavailable, "libcrypto could not digest a certificate")
        }
        fingerprint = try Digest(bytes: bytes)
    }

    /// A key that needs a password is refused rather than asked about on the terminal.
    private static let noPassword:
        @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?)
            -> Int32 = { _, _, _, _ in -1 }

    private static func read(
        _ bytes: [UInt8], _ code: AttestationError.Code, _ failure: String, _ body: (OpaquePointer) -> OpaquePointer?
    ) throws(AttestationError) -> OpaquePointer {
        let object = bytes.withUnsafeBytes { buffer -> OpaquePointer? in
            guard let memory = BIO_new_mem_buf(buffer.baseAddress, Int32(buffer.count)) else { return nil }
            defer { BIO_free(memory) }
            return body(memory)
        }
        guard let object else {
            ERR_clear_error()
            throw AttestationError(code, "the file \(failure)")
        }
        return object
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) throws(AttestationError) -> Int64 {
        let epoch = ASN1_TIME_set(nil, 0)
        defer { ASN1_TIME_free(epoch) }
        var days: Int32 = 0
        var seconds: Int32 = 0
        guard let epoch, ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else {
            ERR_clear_error()
            throw AttestationError(.invalidCertificate, "the certificate's times cannot be read")
        }
        return Int64(days) * 86_400 + Int64(seconds)
    }
}
