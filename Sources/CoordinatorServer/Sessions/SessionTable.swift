package import Attestation
internal import Synchronization
package import Wire

/// Challenges that wait for their answer, and the sessions that came of answers. In memory: after a restart everybody
/// signs in again.
///
/// Tokens are 32 random bytes; their digests are kept, so that a look into memory gives nobody a session.
package final class SessionTable: Sendable {
    /// Who asks.
    package struct Session: Sendable {
        package let key: PublicKey
        package let role: WireRole
        package let expiresMs: UInt64
    }

    /// Why there is no session.
    package enum Refusal: Error, Equatable, Sendable {
        /// No such challenge, or it was used, has expired, or is another key's.
        case unknownChallenge
        /// The signature does not hold.
        case badSignature
        /// Too many challenges or sessions.
        case full
    }

    private struct Challenge {
        let key: PublicKey
        let expiresMs: UInt64
    }

    private struct Entry {
        let session: Session
        /// When the coordinator was last told that the key was heard of.
        var noticedMs: UInt64
    }

    private struct State {
        var challenges: [Digest: Challenge] = [:]
        var sessions: [Digest: Entry] = [:]
        /// Tokens of each key, oldest first.
        var tokens: [PublicKey: [Digest]] = [:]
    }

    private let origin: String
    private let state = Mutex(State())

    /// A table for the log of that name.
    package init(origin: String) { self.origin = origin }

    /// Number of sessions, some of which may have expired.
    package var count: Int { state.withLock { $0.sessions.count } }

    /// A challenge for a key, good once.
    ///
    /// - Throws: `Refusal.full`.
    package func challenge(
        _ key: PublicKey, nowMs: UInt64
    ) throws(Refusal) -> (nonce: [UInt8], expiresMs: UInt64) {
        let nonce = Self.random()
        let expiresMs = nowMs + WireLimits.challengeMs
        try state.withLock { state throws(Refusal) in
            if state.challenges.count >= CoordinatorServerLimits.challengeCount {
                state.challenges = state.challenges.filter { $0.value.expiresMs > nowMs }
            }
            guard state.challenges.count < CoordinatorServerLimits.challengeCount else { throw .full }
            state.challenges[SHA256.hash(nonce)] = Challenge(key: key, expiresMs: expiresMs)
        }
        return (nonce, expiresMs)
    }

    /// Opens a session for whoever answered a challenge. The challenge is used up, whatever the answer.
    ///
    /// - Throws: `Refusal`.
    package func open(
        _ key: PublicKey, role: WireRole, nonce: [UInt8], signature: [UInt8], nowMs: UInt64
    ) throws(Refusal) -> (token: String, expiresMs: UInt64) {
        let challenge = state.withLock { $0.challenges.removeValue(forKey: SHA256.hash(nonce)) }
        guard let challenge, challenge.key == key, challenge.expiresMs > nowMs else { throw .unknownChallenge }
        guard SessionSignature.isValid(signature, by: key, nonce: nonce, origin: origin, role: role) else {
            throw .badSignature
        }
        let token = Base64.encode(Self.random())
        let session = Session(key: key, role: role, expiresMs: nowMs + WireLimits.sessionMs)
        try state.withLock { state throws(Refusal) in
            if state.sessions.count >= CoordinatorServerLimits.sessionCount { Self.sweep(&state, nowMs) }
            guard state.sessions.count < CoordinatorServerLimits.sessionCount else { throw .full }
            let digest = SHA256.hash(Array(token.utf8))
            state.sessions[digest] = Entry(session: session, noticedMs: 0)
            state.tokens[key, default: []].append(digest)
            while let count = state.tokens[key]?.count, count > CoordinatorServerLimits.sessionsPerKey {
                if let oldest = state.tokens[key]?.removeFirst() { state.sessions[oldest] = nil }
            }
        }
        return (token, session.expiresMs)
    }

    /// The session of a token, and whether it is time to tell the coordinator that its key was heard of; nil if it is
    /// unknown or has expired.
    package func find(_ token: Substring, nowMs: UInt64) -> (session: Session, isNews: Bool)? {
        let digest = SHA256.hash(Array(token.utf8))
        return state.withLock { state in
            guard var entry = state.sessions[digest] else { return nil }
            guard entry.session.expiresMs > nowMs else {
                Self.remove(digest, entry.session.key, from: &state)
                return nil
            }
            let isNews = nowMs >= entry.noticedMs + CoordinatorServerLimits.seenIntervalMs
            if isNews {
                entry.noticedMs = nowMs
                state.sessions[digest] = entry
            }
            return (entry.session, isNews)
        }
    }

    /// Ends a key's sessions.
    package func close(_ key: PublicKey) {
        state.withLock { state in
            for token in state.tokens.removeValue(forKey: key) ?? [] { state.sessions[token] = nil }
        }
    }

    private static func sweep(_ state: inout State, _ nowMs: UInt64) {
        for (token, entry) in state.sessions where entry.session.expiresMs <= nowMs {
            remove(token, entry.session.key, from: &state)
        }
    }

    private static func remove(_ token: Digest, _ key: PublicKey, from state: inout State) {
        state.sessions[token] = nil
        state.tokens[key]?.removeAll { $0 == token }
        if state.tokens[key]?.isEmpty == true { state.tokens[key] = nil }
    }

    private static func random() -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        return (0..<4).flatMap { _ in withUnsafeBytes(of: random.next() as UInt64) { Array($0) } }
    }
}
