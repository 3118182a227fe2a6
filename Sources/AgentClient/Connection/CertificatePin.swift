internal import AsyncHTTPClient
internal import Attestation
internal import NIOCore
internal import NIOSSL

/// The certificate that the coordinator must show, on every connection, before anything is sent over it.
///
/// The TLS handshake proves that the server holds the certificate's key; the pin says which certificate that is. Names,
/// dates and authorities add nothing to it and are not looked at, so that a box with a wrong clock can still connect.
struct CertificatePin: Sendable {
    /// A server that shows another certificate.
    struct Mismatch: Error {
        let found: Digest?
    }

    /// SHA-256 of the certificate (DER).
    let fingerprint: Digest

    /// A client whose every connection is checked.
    func makeClient() -> HTTPClient {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .none
        tls.minimumTLSVersion = .tlsv12
        // What NIOSSL offers unasked, and Ed25519, which an operator's certificate may have.
        tls.verifySignatureAlgorithms = [
            .ed25519, .ecdsaSecp256R1Sha256, .ecdsaSecp384R1Sha384, .ecdsaSecp521R1Sha512, .rsaPssRsaeSha256,
            .rsaPssRsaeSha384, .rsaPssRsaeSha512, .rsaPkcs1Sha256, .rsaPkcs1Sha384, .rsaPkcs1Sha512,
        ]
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls,
            redirectConfiguration: .disallow,
            timeout: .init(connect: .milliseconds(AgentLimits.connectMs)),
            decompression: .disabled
        )
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.http1_1ConnectionDebugInitializer = { channel in check(channel) }
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Runs when the handshake is done and before the connection gets its first request.
    private func check(_ channel: any Channel) -> EventLoopFuture<Void> {
        channel.nioSSL_peerCertificate().flatMapThrowing { certificate in
            let found = try certificate.map { SHA256.hash(try $0.toDERBytes()) }
            guard found == fingerprint else {
                channel.eventLoop.execute { channel.close(promise: nil) }
                throw Mismatch(found: found)
            }
        }
    }
}
