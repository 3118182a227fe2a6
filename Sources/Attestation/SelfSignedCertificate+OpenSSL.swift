internal import COpenSSL

/// A certificate that a server signs for itself, for clients that pin its fingerprint: ECDSA with P-256 and SHA-256,
/// no authority, TLS servers only (RFC 5280).
package struct SelfSignedCertificate: Sendable {
    /// The certificate, PEM.
    package let certificate: [UInt8]
    /// Its private key, PKCS #8 in PEM. Whoever holds it is the server.
    package let privateKey: [UInt8]

    /// Most names that one certificate carries.
    package static let nameCount = 64

    /// Makes a key and a certificate for it.
    ///
    /// - Parameters:
    ///   - names: host names and addresses that clients call the server by; the first is also the subject.
    ///   - validFrom: seconds since the Unix epoch.
    ///   - validDays: days that it is good for.
    /// - Throws: `AttestationError`: `invalidCertificate` for a name that is no host name or address, or none or too
    ///   many of them; `cryptographyUnavailable` if libcrypto fails.
    package static func make(
        names: [String], validFrom: Int64, validDays: Int = 3_650
    ) throws(AttestationError) -> SelfSignedCertificate {
        guard (1...nameCount).contains(names.count) else {
            throw AttestationError(.invalidCertificate, "a certificate has 1 to \(nameCount) names, not \(names.count)")
        }
        var alternatives: [String] = []
        for name in names { alternatives.append(try alternative(name)) }
        let key = try newKey()
        defer { EVP_PKEY_free(key) }
        guard let certificate = X509_new() else { throw failure("make a certificate") }
        defer { X509_free(certificate) }
        try fill(certificate, key: key, subject: names[0], validFrom: validFrom, validDays: validDays)
        for (kind, value) in [
            (NID_basic_constraints, "critical,CA:FALSE"), (NID_key_usage, "critical,digitalSignature"),
            (NID_ext_key_usage, "serverAuth"), (NID_subject_alt_name, alternatives.joined(separator: ",")),
        ] {
            guard let item = X509V3_EXT_conf_nid(nil, nil, kind, value) else { throw failure("write '\(value)'") }
            defer { X509_EXTENSION_free(item) }
            guard X509_add_ext(certificate, item, -1) == 1 else { throw failure("add '\(value)'") }
        }
        guard X509_sign(certificate, key, EVP_sha256()) > 0 else { throw failure("sign a certificate") }
        return SelfSignedCertificate(
            certificate: try pem { PEM_write_bio_X509($0, certificate) },
            privateKey: try pem { PEM_write_bio_PKCS8PrivateKey($0, key, nil, nil, 0, nil, nil) })
    }

    /// Version, serial number, times, subject and key.
    private static func fill(
        _ certificate: OpaquePointer, key: OpaquePointer, subject: String, validFrom: Int64, validDays: Int
    ) throws(AttestationError) {
        var random = SystemRandomNumberGenerator()
        // Positive and not zero, 20 bytes at most (RFC 5280 §4.1.2.2).
        let serial = (random.next() as UInt64) >> 1 | 1
        let name = X509_get_subject_name(certificate)
        let from = Int(validFrom)
        guard X509_set_version(certificate, 2) == 1,
            ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial) == 1,
            ASN1_TIME_set(X509_getm_notBefore(certificate), from) != nil,
            ASN1_TIME_set(X509_getm_notAfter(certificate), from + validDays * 86_400) != nil,
            X509_NAME_add_entry_by_txt(
                name, "CN", MBSTRING_UTF8, Array(subject.utf8.prefix(64)), Int32(min(subject.utf8.count, 64)), -1, 0)
                == 1,
            X509_set_issuer_name(certificate, name) == 1, X509_set_pubkey(certificate, key) == 1
        else { throw failure("fill in a certificate") }
    }

    /// `MBSTRING_UTF8`, a macro that is not imported.
    private static let MBSTRING_UTF8: Int32 = 0x1000

    private static func newKey() throws(AttestationError) -> OpaquePointer {
        let context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil)
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard let context, EVP_PKEY_keygen_init(context) == 1,
            EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1,
            EVP_PKEY_keygen(context, &key) == 1, let key
        else { throw failure("make a P-256 key") }
        return key
    }

    /// A name as libcrypto's extension syntax has it. Only characters of host names and addresses pass: the syntax
    /// gives commas and colons a meaning.
    private static func alternative(_ name: String) throws(AttestationError) -> String {
        if let address = a2i_IPADDRESS(name) {
            ASN1_OCTET_STRING_free(address)
            return "IP:\(name)"
        }
        ERR_clear_error()
        let isHost =
            (1...253).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
        guard isHost else {
            throw AttestationError(
                .invalidCertificate, "\(Quotation.of(name)) is neither a host name nor an address")
        }
        return "DNS:\(name)"
    }

    /// What libcrypto writes as PEM.
    private static func pem(_ write: (OpaquePointer) -> Int32) throws(AttestationError) -> [UInt8] {
        guard let memory = BIO_new(BIO_s_mem()) else { throw failure("set memory aside") }
        defer { BIO_free(memory) }
        guard write(memory) == 1 else { throw failure("write PEM") }
        var bytes = [UInt8](repeating: 0, count: BIO_ctrl_pending(memory))
        var count = 0
        guard BIO_read_ex(memory, &bytes, bytes.count, &count) == 1, count == bytes.count else {
            throw failure("read PEM back")
        }
        return bytes
    }

    private static func failure(_ action: String) -> AttestationError {
        let code = ERR_get_error()
        ERR_clear_error()
        return AttestationError(.cryptographyUnavailable, "libcrypto could not \(action) (its error is \(code))")
    }
}
