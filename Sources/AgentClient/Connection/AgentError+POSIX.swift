internal import AsyncHTTPClient
internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Wire

extension AgentError {
    /// What a failed exchange means to whoever reads it.
    static func network(_ error: any Error, _ join: JoinString) -> AgentError {
        let place = "\(join.host):\(join.port)"
        switch error {
        case let error as AgentError: return error
        case is CancellationError: return .stoppedByRequest
        case let mismatch as CertificatePin.Mismatch:
            let found = mismatch.found.map { "one with SHA-256 \($0)" } ?? "none"
            return AgentError(
                .wrongCertificate,
                "the server at \(place) shows another certificate: \(found); the join string says \(join.certificate)",
                hint: """
                    if the operator has renewed it, ask for a new join string and run `tributary agent join` with it; \
                    if not, somebody is in between: do not go on
                    """)
        case let error as NIOConnectionError: return connection(error, place)
        case let error as HTTPClientError: return client(error, place)
        case is NIOSSLError, is BoringSSLError:
            return unreachable("the TLS handshake with \(place) failed: \("\(error)".prefix(200))")
        case let error as IOError where error.errnoCode == ECONNREFUSED:
            return unreachable("cannot connect to \(place): nothing listens there")
        case let error as IOError: return unreachable("the link to \(place) broke: \(words(of: error.errnoCode))")
        case is NIOTooManyBytesError:
            return AgentError(.unexpectedAnswer, "\(place) answers with more bytes than the protocol allows")
        default: return unreachable("the link to \(place) broke: \(error)")
        }
    }

    private static func connection(_ error: NIOConnectionError, _ place: String) -> AgentError {
        if error.connectionErrors.isEmpty, error.dnsAError != nil || error.dnsAAAAError != nil {
            return AgentError(
                .unknownHost, "the name \(error.host) has no address",
                hint: "check the name and this machine's DNS: getent hosts \(error.host)")
        }
        let reasons = error.connectionErrors.map { failure in
            (failure.error as? IOError).map { words(of: $0.errnoCode) } ?? "\(failure.error)"
        }
        return unreachable("cannot connect to \(place): \(reasons.first ?? "no address answers")")
    }

    private static func client(_ error: HTTPClientError, _ place: String) -> AgentError {
        switch error {
        case .connectTimeout, .getConnectionFromPoolTimeout:
            return unreachable("\(place) does not answer within \(AgentLimits.connectMs / 1_000) s")
        case .deadlineExceeded, .readTimeout, .writeTimeout: return unreachable("\(place) stopped answering")
        case .remoteConnectionClosed: return unreachable("\(place) closed the connection")
        case .cancelled: return .stoppedByRequest
        case .invalidURL, .emptyHost:
            return AgentError(
                .unknownHost, "\(place) is no address", hint: "ask the operator for a new join string")
        default: return unreachable("the request to \(place) failed: \(error)")
        }
    }

    private static func unreachable(_ message: String) -> AgentError {
        AgentError(
            .unreachable, message,
            hint: "is `tributary coordinator run` running there, and does a firewall let the port through?")
    }

    private static func words(of number: CInt) -> String {
        number == ECONNREFUSED ? "nothing listens there" : String(cString: strerror(number))
    }
}
