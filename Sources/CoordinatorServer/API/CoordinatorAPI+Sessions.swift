internal import Attestation
internal import FoundationEssentials
internal import NIOCore
internal import Synchronization
internal import Wire

extension CoordinatorAPI {
    /// `POST /v1/sessions/challenge`
    func challenge(_ exchange: Exchange) async throws -> Reply {
        let request = try await exchange.message(WireChallengeRequest.self, limit: Route.challenge.bodyLimit)
        let key = try Self.key(request.publicKey)
        try refuseBanned(key)
        var answer = WireChallenge()
        answer.nonce = Data(parts.sessions.challenge(key, nowMs: parts.steadyMs()))
        answer.expiresMs = parts.nowMs() + WireLimits.challengeMs
        return try Reply(answer)
    }

    /// `POST /v1/sessions`
    func openSession(_ exchange: Exchange) async throws -> Reply {
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
        do throws(SessionTable.Refusal) {
            let steadyMs = parts.steadyMs()
            let proof = try parts.sessions.check(
                key, role: request.role, nonce: [UInt8](request.nonce), signature: [UInt8](request.signature),
                nowMs: steadyMs)
            if let number = await parts.host.number(of: key) {
                answer.registered = true
                answer.participant = number
            }
            let opened = try parts.sessions.open(
                proof, address: exchange.address, isMember: answer.registered || isListed(key), nowMs: steadyMs)
            answer.token = opened.token
            answer.nowMs = parts.nowMs()
            answer.expiresMs = answer.nowMs + opened.lastsMs
        } catch {
            throw Self.problem(error)
        }
        return try Reply(answer)
    }

    /// Whether the operator has named the key, or it is the operator's own.
    private func isListed(_ key: PublicKey) -> Bool {
        let settings = parts.settings.current
        return key == parts.operatorKey || settings.sponsors.contains(key) || settings.auditors.contains(key)
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
