package import Attestation
internal import Synchronization
package import Wire

/// Challenges, and the sessions that came of answers. In memory: after a restart everybody signs in again.
///
/// Tokens are 32 random bytes; their digests are kept, so that a look into memory gives nobody a session. Members are
/// the keys that the coordinator knows (the operator's, participants', listed ones): there are only so many of them,
/// and nobody pushes their sessions out. Strangers, of which anybody can make any number, share bounded places; the
/// oldest of the same address gives way. Times are milliseconds of a clock that never goes back.
package final class SessionTable: Sendable {
    /// Who asks.
    package struct Session: Sendable {
        package let key: PublicKey
        package let role: WireRole
        package let expiresMs: UInt64
        /// Whether the key is one that the coordinator knows.
        package let isMember: Bool
    }

    /// Why there is no session.
    package enum Refusal: Error, Equatable, Sendable {
        /// No challenge of this process, or it was used, has expired, or is another key's.
        case unknownChallenge
        /// The signature does not hold.
        case badSignature
    }

    /// An answer to a challenge whose signature holds.
    package struct Proof: Sendable {
        let answered: Challenges.Answered
        package let role: WireRole

        package var key: PublicKey { answered.key }
    }

    /// Bounds on keys that are not members.
    package struct Limits: Sendable {
        /// Keys with sessions; the oldest gives way.
        package var strangers = CoordinatorServerLimits.strangerCount
        /// Those of them that signed in from one address; the oldest gives way.
        package var strangersPerAddress = CoordinatorServerLimits.strangersPerAddress
        /// Keys whose answers are remembered.
        package var answeredStrangers = CoordinatorServerLimits.answeredStrangerCount

        package init() {}
    }

    private struct Entry {
        let key: PublicKey
        let role: WireRole
        let expiresMs: UInt64
    }

    /// A key with sessions.
    private struct Holder {
        /// Digests of its tokens, oldest first.
        var tokens: [Digest] = []
        /// Where a stranger signed in last; nil for members.
        var address: String?
    }

    private struct State {
        var challenges: Challenges
        var sessions: [Digest: Entry] = [:]
        var holders: [PublicKey: Holder] = [:]
        /// Strangers' keys, oldest sign-in first: all of them, and those of each address.
        var strangers = AgeQueue<PublicKey>()
        var strangersOf: [String: AgeQueue<PublicKey>] = [:]
    }

    private let origin: String
    private let limits: Limits
    /// As it was at the start: checking a challenge needs nothing of what changes.
    private let challenges: Challenges
    private let state: Mutex<State>

    /// A table for the log of that name.
    package init(origin: String, limits: Limits = Limits()) {
        self.origin = origin
        self.limits = limits
        challenges = Challenges(
            secret: Self.random(), origin: origin, strangerCount: limits.answeredStrangers)
        state = Mutex(State(challenges: challenges))
    }

    /// Number of sessions, some of which may have expired.
    package var count: Int { state.withLock { $0.sessions.count } }

    /// A challenge for a key, good once. It takes no memory here.
    package func challenge(_ key: PublicKey, nowMs: UInt64) -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        return challenges.make(for: key, random: random.next(), expiresMs: nowMs + WireLimits.challengeMs)
    }

    /// Checks the answer to a challenge. Nothing is used up before `open`.
    ///
    /// - Throws: `Refusal`.
    package func check(
        _ key: PublicKey, role: WireRole, nonce: [UInt8], signature: [UInt8], nowMs: UInt64
    ) throws(Refusal) -> Proof {
        guard let answered = challenges.check(nonce, for: key, nowMs: nowMs) else { throw .unknownChallenge }
        guard SessionSignature.isValid(signature, by: key, nonce: nonce, origin: origin, role: role) else {
            throw .badSignature
        }
        return Proof(answered: answered, role: role)
    }

    /// Opens a session for a checked answer, and uses the challenge up.
    ///
    /// - Parameters:
    ///   - address: where the request came from, as far as limits are concerned.
    ///   - isMember: the key is one that the coordinator knows.
    /// - Throws: `unknownChallenge` if it was used before.
    package func open(
        _ proof: Proof, address: String, isMember: Bool, nowMs: UInt64
    ) throws(Refusal) -> (token: String, lastsMs: UInt64) {
        let token = Base64.encode(Self.random())
        let digest = SHA256.hash(Array(token.utf8))
        let key = proof.key
        try state.withLock { state throws(Refusal) in
            guard state.challenges.use(proof.answered, isMember: isMember, nowMs: nowMs) else {
                throw .unknownChallenge
            }
            if !isMember { Self.place(key, at: address, in: &state) }
            state.sessions[digest] = Entry(key: key, role: proof.role, expiresMs: nowMs + WireLimits.sessionMs)
            state.holders[key, default: Holder()].tokens.append(digest)
            while let count = state.holders[key]?.tokens.count, count > CoordinatorServerLimits.sessionsPerKey {
                if let oldest = state.holders[key]?.tokens.removeFirst() { state.sessions[oldest] = nil }
            }
            if !isMember { giveWay(address, nowMs, in: &state) }
        }
        if isMember { admit(key) }
        return (token, WireLimits.sessionMs)
    }

    /// The session of a token; nil if it is unknown or has expired.
    package func find(_ token: Substring, nowMs: UInt64) -> Session? {
        let digest = SHA256.hash(Array(token.utf8))
        return state.withLock { state in
            guard let entry = state.sessions[digest] else { return nil }
            guard entry.expiresMs > nowMs else {
                Self.end(digest, entry.key, in: &state)
                return nil
            }
            let isMember = state.holders[entry.key]?.address == nil
            return Session(key: entry.key, role: entry.role, expiresMs: entry.expiresMs, isMember: isMember)
        }
    }

    /// The coordinator knows a key from now on: its sessions are not pushed out any more.
    package func admit(_ key: PublicKey) {
        state.withLock { state in
            state.challenges.admit(key)
            guard let address = state.holders[key]?.address else { return }
            Self.leave(key, address, in: &state)
            state.holders[key]?.address = nil
        }
    }

    /// Ends a key's sessions.
    package func close(_ key: PublicKey) {
        state.withLock { Self.close(key, in: &$0) }
    }

    // Strangers.

    private static func place(_ key: PublicKey, at address: String, in state: inout State) {
        if let other = state.holders[key]?.address, other != address { leave(key, other, in: &state) }
        state.holders[key, default: Holder()].address = address
        state.strangers.append(key)
        state.strangersOf[address, default: AgeQueue()].append(key)
    }

    /// Ends strangers' sessions that have expired, and the oldest where there are too many.
    private func giveWay(_ address: String, _ nowMs: UInt64, in state: inout State) {
        while let count = state.strangersOf[address]?.count, count > limits.strangersPerAddress,
            let oldest = state.strangersOf[address]?.first()
        {
            Self.close(oldest, in: &state)
        }
        while let oldest = state.strangers.first() {
            let end = state.holders[oldest]?.tokens.last.flatMap { state.sessions[$0]?.expiresMs } ?? 0
            guard end <= nowMs || state.strangers.count > limits.strangers else { return }
            Self.close(oldest, in: &state)
        }
    }

    private static func leave(_ key: PublicKey, _ address: String, in state: inout State) {
        state.strangers.remove(key)
        state.strangersOf[address]?.remove(key)
        if state.strangersOf[address]?.isEmpty == true { state.strangersOf[address] = nil }
    }

    private static func close(_ key: PublicKey, in state: inout State) {
        guard let holder = state.holders.removeValue(forKey: key) else { return }
        for token in holder.tokens { state.sessions[token] = nil }
        if let address = holder.address { leave(key, address, in: &state) }
    }

    private static func end(_ token: Digest, _ key: PublicKey, in state: inout State) {
        state.sessions[token] = nil
        state.holders[key]?.tokens.removeAll { $0 == token }
        if state.holders[key]?.tokens.isEmpty == true { close(key, in: &state) }
    }

    private static func random() -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        return (0..<4).flatMap { _ in withUnsafeBytes(of: random.next() as UInt64) { Array($0) } }
    }
}
