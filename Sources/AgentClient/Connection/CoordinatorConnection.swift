internal import AsyncHTTPClient
package import Attestation
internal import FoundationEssentials
internal import Ledger
package import NIOCore
internal import NIOHTTP1
package import SwiftProtobuf
package import Wire

/// A coordinator over HTTP, pinned as its join string says: the certificate on every connection, the log key in
/// `information()`.
///
/// Sessions are opened when they are needed and renewed when they run out. To be closed with `close()`.
package final class CoordinatorConnection: Sendable {
    /// Where the coordinator is, and what it must prove.
    package let join: JoinString
    private let key: SigningKey
    private let role: WireRole
    private let client: HTTPClient
    private let base: String
    private let keeper = SessionKeeper()

    /// A connection that asks as the key's owner, in a role. Nothing is sent yet.
    package init(join: JoinString, key: SigningKey, role: WireRole = .participant) {
        self.join = join
        self.key = key
        self.role = role
        client = CertificatePin(fingerprint: join.certificate).makeClient()
        base = join.host.contains(":") ? "https://[\(join.host)]:\(join.port)" : "https://\(join.host):\(join.port)"
    }

    /// Closes the connections.
    package func close() async {
        try? await client.shutdown()
    }

    /// The session as the coordinator opened it; opens it if there is none.
    package func session() async throws(AgentError) -> WireSession {
        try await keeper.session { await self.openSession() }
    }

    /// A request with the session's token; the session is renewed once where it has run out.
    package func send(
        _ method: String, _ path: String, body: Body? = nil,
        answerLimit: Int = WireLimits.messageByteCount, timeoutMs: Int64 = AgentLimits.requestMs
    ) async throws(AgentError) -> ByteBuffer {
        let token = try await session().token
        do {
            return try await exchange(method, path, body, token, answerLimit, timeoutMs)
        } catch {
            guard error.isProblem(.unknownSession) else { throw error }
        }
        let renewed = try await keeper.session(replacing: token) { await self.openSession() }
        return try await exchange(method, path, body, renewed.token, answerLimit, timeoutMs)
    }

    /// What goes up with a request.
    package enum Body: Sendable {
        /// A protobuf message.
        case message(ByteBuffer)
        /// A chunk, as it is.
        case raw(ByteBuffer)
    }

    /// A request whose body and answer are messages.
    package func ask<Answer: Message>(
        _ method: String, _ path: String, _ body: (any Message)? = nil, as type: Answer.Type = Answer.self,
        answerLimit: Int = WireLimits.messageByteCount, timeoutMs: Int64 = AgentLimits.requestMs
    ) async throws(AgentError) -> Answer {
        let answer = try await send(
            method, path, body: try Self.encode(body), answerLimit: answerLimit, timeoutMs: timeoutMs)
        return try decode(answer, path)
    }

    /// The coordinator's word on itself, its log key checked; needs no session.
    package func information() async throws(AgentError) -> WireCoordinatorInfo {
        let answer = try await exchange(
            "GET", "/v1/coordinator", nil, nil, WireLimits.manifestByteCount, AgentLimits.requestMs)
        let information: WireCoordinatorInfo = try decode(answer, "/v1/coordinator")
        guard information.verifierKey == join.verifier.vkey else {
            throw AgentError(
                .wrongLogKey,
                """
                the coordinator's log has the key \(information.verifierKey.prefix(300)); the join string says \
                \(join.verifier.vkey)
                """,
                hint: "its ledger is not the one you joined: ask the operator, and keep your receipts")
        }
        return information
    }

    private func openSession() async -> Result<WireSession, AgentError> {
        do {
            var ask = WireChallengeRequest()
            ask.publicKey = Data(key.publicKey.bytes)
            let challenge: WireChallenge = try decode(
                try await exchange(
                    "POST", "/v1/sessions/challenge", try Self.encode(ask), nil, WireLimits.messageByteCount,
                    AgentLimits.requestMs), "/v1/sessions/challenge")
            var request = WireSessionRequest()
            request.publicKey = ask.publicKey
            request.nonce = challenge.nonce
            request.role = role
            request.signature = Data(
                try key.sign(
                    SessionSignature.message(
                        nonce: [UInt8](challenge.nonce), origin: join.verifier.name, role: role)))
            return .success(
                try decode(
                    try await exchange(
                        "POST", "/v1/sessions", try Self.encode(request), nil, WireLimits.messageByteCount,
                        AgentLimits.requestMs), "/v1/sessions"))
        } catch let error as AgentError {
            return .failure(error)
        } catch {
            return .failure(AgentError(.underlying, "the session's challenge could not be signed: \(error)"))
        }
    }

    private func exchange(
        _ method: String, _ path: String, _ body: Body?, _ token: String?, _ answerLimit: Int,
        _ timeoutMs: Int64
    ) async throws(AgentError) -> ByteBuffer {
        var request = HTTPClientRequest(url: base + path)
        request.method = HTTPMethod(rawValue: method)
        if let token {
            request.headers.add(name: "Authorization", value: "Bearer \(token)")
            if method == "POST" || method == "DELETE" {
                request.headers.add(
                    name: RequestSignature.header, value: try signature(of: method, path, body, token))
            }
        }
        switch body {
        case .message(let bytes):
            request.headers.add(name: "Content-Type", value: "application/x-protobuf")
            request.body = .bytes(bytes)
        case .raw(let bytes):
            request.headers.add(name: "Content-Type", value: "application/octet-stream")
            request.body = .bytes(bytes)
        case nil: break
        }
        let response: HTTPClientResponse
        let bytes: ByteBuffer
        do {
            response = try await client.execute(request, timeout: .milliseconds(timeoutMs))
            bytes = try await response.body.collect(upTo: max(answerLimit, WireLimits.messageByteCount))
        } catch {
            throw .network(error, join)
        }
        guard (200..<300).contains(response.status.code) else { throw problem(response, bytes, path) }
        return bytes
    }

    /// The key's signature of a request that changes something.
    private func signature(
        of method: String, _ path: String, _ body: Body?, _ token: String
    ) throws(AgentError) -> String {
        let bytes: [UInt8] =
            switch body {
            case .message(let bytes), .raw(let bytes): Array(bytes.readableBytesView)
            case nil: []
            }
        do {
            return try RequestSignature.value(
                by: key, method: method, path: path, body: bytes, token: token, origin: join.verifier.name)
        } catch {
            throw AgentError(.underlying, "a request could not be signed: \(error.message)")
        }
    }

    /// What an answer other than 2xx says.
    private func problem(_ response: HTTPClientResponse, _ bytes: ByteBuffer, _ path: String) -> AgentError {
        let status = response.status.code
        let seconds = response.headers.first(name: "Retry-After").flatMap { UInt64($0) } ?? 0
        let header = min(seconds, AgentLimits.retryAfterCapMs / 1_000) * 1_000
        let found = (try? WireProblem(serializedBytes: Array(buffer: bytes))) ?? WireProblem()
        let after = found.retryAfterMs > 0 ? found.retryAfterMs : header
        guard !found.code.isEmpty else {
            // Not the coordinator itself: a proxy, or another server.
            let isPassing = status >= 500 || status == 429 || status == 408
            return AgentError(
                isPassing ? .unreachable : .unexpectedAnswer,
                "\(join.host):\(join.port) answers \(path) with status \(status) and no reason",
                hint: "is it a Tributary coordinator?", retryAfterMs: after > 0 ? after : nil)
        }
        return AgentError(
            found.code == ProblemCode.notFound.rawValue ? .notFound : .refused,
            "the coordinator refuses: \(Self.printable(found.message, or: found.code))",
            hint: found.hint.isEmpty ? Self.hint(for: found.code) : Self.printable(found.hint, or: ""),
            problem: found.code, retryAfterMs: after > 0 ? after : nil)
    }

    private static func hint(for code: String) -> String? {
        switch ProblemCode(rawValue: code) {
        case .badInvitation: "ask the operator for a new join string"
        case .notRegistered: "run `tributary agent join` with the operator's join string"
        case .banned: "ask the operator why"
        case .diskFull: "the operator has to make room"
        default: nil
        }
    }

    /// What another machine says, fit for a terminal.
    private static func printable(_ text: String, or alternative: String) -> String {
        text.isEmpty ? alternative : text.shown(limit: 500)
    }

    /// A message as a request's body.
    package static func message(_ message: any Message) throws(AgentError) -> Body? { try encode(message) }

    private static func encode(_ message: (any Message)?) throws(AgentError) -> Body? {
        guard let message else { return nil }
        do {
            return .message(ByteBuffer(bytes: try message.serializedBytes() as [UInt8]))
        } catch {
            throw AgentError(.underlying, "a request could not be encoded: \(error)")
        }
    }

    private func decode<Answer: Message>(_ bytes: ByteBuffer, _ path: String) throws(AgentError) -> Answer {
        do {
            return try Answer(serializedBytes: Array(buffer: bytes))
        } catch {
            throw AgentError(
                .unexpectedAnswer, "what \(join.host):\(join.port) answers to \(path) is no \(Answer.self)",
                hint: "its version may be another: tributary --version on both sides")
        }
    }
}
