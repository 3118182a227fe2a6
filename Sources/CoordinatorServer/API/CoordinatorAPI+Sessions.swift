internal import Attestation
internal import FoundationEssentials
internal import NIOCore
internal import Synchronization
internal import Wire

extension CoordinatorAPI {
    /// `POST /v1/sessions/challenge`
    func challenge(_ exchange: Exchange, _ nowMs: UInt64) async throws -> Reply {
        let request = try await exchange.message(WireChallengeRequest.self, limit: Route.challenge.bodyLimit)
        let key = try Self.key(request.publicKey)
        try refuseBanned(key)
        var answer = WireChallenge()
        do {
            let (nonce, expiresMs) = try parts.sessions.challenge(key, nowMs: nowMs)
            answer.nonce = Data(nonce)
            answer.expiresMs = expiresMs
        } catch {
            throw ServerProblem(.unavailable, "too many challenges are open", retryAfterMs: 5_000)
        }
        return try Reply(answer)
    }

    /// `POST /v1/sessions`
    func openSession(_ exchange: Exchange, _ nowMs: UInt64) async throws -> Reply {
        let request = try await exchange.message(WireSessionRequest.self, limit: Route.openSession.bodyLimit)
        let key = try Self.key(request.publicKey)
        try refuseBanned(key)
        switch request.role {
        case .participant, .auditor: break
        case .sponsor where parts.settings.current.sponsors.contains(key): break
        case .operator where key == parts.operatorKey: break
        case .sponsor, .operator:
            throw ServerProblem(
                .forbidden, "the key may not have this role",
                hint: "operators use the coordinator's key; sponsors are listed in coordinator.yaml")
        case .unspecified, .UNRECOGNIZED: throw ServerProblem.malformed("the session request names no role")
        }
        var answer = WireSession()
        do {
            let opened = try parts.sessions.open(
                key, role: request.role, nonce: [UInt8](request.nonce), signature: [UInt8](request.signature),
                nowMs: nowMs)
            answer.token = opened.token
            answer.expiresMs = opened.expiresMs
        } catch {
            throw Self.problem(error)
        }
        answer.nowMs = nowMs
        if let number = await parts.host.number(of: key) {
            answer.registered = true
            answer.participant = number
        }
        return try Reply(answer)
    }

    private static func problem(_ refusal: SessionTable.Refusal) -> ServerProblem {
        switch refusal {
        case .unknownChallenge:
            ServerProblem(
                .badSignature, "the challenge is unknown, was used, has expired or is another key's",
                hint: "ask for another: POST /v1/sessions/challenge")
        case .badSignature:
            ServerProblem(
                .badSignature, "the signature does not hold for the challenge, this log's origin and the role",
                hint: "ask for another challenge: POST /v1/sessions/challenge")
        case .full: ServerProblem(.unavailable, "too many sessions are open", retryAfterMs: 60_000)
        }
    }

    func refuseBanned(_ key: PublicKey) throws(ServerProblem) {
        if bannedKeys.withLock({ $0.contains(key) }) {
            throw ServerProblem(.banned, "\(key.did) is banned", hint: "ask the operator why")
        }
    }

    /// A public key from a message.
    static func key(_ bytes: Data) throws(ServerProblem) -> PublicKey {
        do { return try PublicKey(bytes: bytes) } catch { throw .malformed(error.message) }
    }

    /// A digest from a message.
    static func digest(_ bytes: Data, _ name: String) throws(ServerProblem) -> Digest {
        do { return try Digest(bytes: bytes) } catch {
            throw .malformed("\(name) has \(bytes.count) bytes instead of \(Digest.byteCount)")
        }
    }
}
