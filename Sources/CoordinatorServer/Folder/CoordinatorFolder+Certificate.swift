package import Attestation

/// The certificate that agents pin, and its key.
extension CoordinatorFolder {
    /// Reads and checks certificate and key.
    package func readCertificate(
        nowSeconds: Int64
    ) throws(CoordinatorServerError) -> (chain: [UInt8], privateKey: [UInt8], certificate: ServerCertificate) {
        for file in [certificate, certificateKey] where !hasFile(file) {
            throw CoordinatorServerError(
                .badCertificate, "there is no file \(file)",
                hint: """
                    restore \(path)/tls from your backup, or make a new pair: `tributary coordinator renew --home \(path)`
                    """)
        }
        let chain = try Self.read(certificate)
        let privateKey = try Self.read(certificateKey)
        let read: ServerCertificate
        do {
            read = try ServerCertificate(certificate: chain, privateKey: privateKey)
        } catch {
            let file = error.code == .invalidCertificateKey ? certificateKey : certificate
            throw CoordinatorServerError(
                .badCertificate, "\(file): \(error.message)",
                hint: """
                    put a matching pair into \(path)/tls, or make a new one: `tributary coordinator renew --home \(path)`
                    """)
        }
        try check(read, nowSeconds: nowSeconds)
        return (chain, privateKey, read)
    }

    func check(_ certificate: ServerCertificate, nowSeconds: Int64) throws(CoordinatorServerError) {
        guard nowSeconds < certificate.validUntil else {
            throw CoordinatorServerError(
                .badCertificate,
                "the certificate expired \((nowSeconds - certificate.validUntil) / 86_400) days ago",
                hint: """
                    make a new one with `tributary coordinator renew --home \(path)`, or put yours into \(path)/tls; \
                    agents that pin the old one need a new join string
                    """)
        }
        guard nowSeconds >= certificate.validFrom else {
            throw CoordinatorServerError(
                .badCertificate,
                "the certificate is not valid for another \((certificate.validFrom - nowSeconds) / 60 + 1) minutes",
                hint: "check this machine's clock")
        }
    }

    /// Signs a certificate for the names in the settings.
    static func selfSigned(
        _ settings: CoordinatorSettings, nowSeconds: Int64
    ) throws(AttestationError) -> SelfSignedCertificate {
        // A clock that is an hour behind shall not find the certificate of the future.
        try SelfSignedCertificate.make(names: settings.names, validFrom: nowSeconds - 3_600)
    }

    /// What a renewal made, and the files that the old pair is in now; those that were missing are named all the same.
    package struct Renewal {
        package let certificate: ServerCertificate
        package let kept: [String]
    }

    /// Replaces the certificate and its key by a new pair that this coordinator signs; the old pair is kept beside it.
    ///
    /// A crash in between leaves a pair that does not match, which no coordinator starts with: renewing again mends it.
    ///
    /// - Throws: `CoordinatorServerError`: `notACoordinator`, `badSettings`, `badCertificate` for names that cannot be
    ///   certified, `fileSystem` or `diskFull`.
    package func renewCertificate(nowSeconds: Int64) throws(CoordinatorServerError) -> Renewal {
        let settings = try readSettings()
        let made: SelfSignedCertificate
        let read: ServerCertificate
        do throws(AttestationError) {
            made = try Self.selfSigned(settings, nowSeconds: nowSeconds)
            read = try ServerCertificate(certificate: made.certificate, privateKey: made.privateKey)
        } catch {
            throw CoordinatorServerError(.badCertificate, error.message, hint: "check names in coordinator.yaml")
        }
        try Self.makeFolder("\(path)/tls")
        let suffix = freeSuffix()
        let files = [(certificate, made.certificate, UInt32(0o600)), (certificateKey, made.privateKey, 0o600)]
        // Both are kept before either is replaced.
        for (file, _, mode) in files where hasFile(file) {
            try Self.write(try Self.read(file), to: file + suffix, mode: mode)
        }
        for (file, bytes, mode) in files { try Self.write(bytes, to: file, mode: mode) }
        return Renewal(certificate: read, kept: files.map { $0.0 + suffix })
    }

    /// `.old-1`, or the first number after it that neither file has.
    private func freeSuffix() -> String {
        var number = 1
        while hasFile("\(certificate).old-\(number)") || hasFile("\(certificateKey).old-\(number)") { number += 1 }
        return ".old-\(number)"
    }
}
