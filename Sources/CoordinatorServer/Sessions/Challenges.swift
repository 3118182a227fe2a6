internal import Attestation

/// Challenges that cost no memory until a key has answered one.
///
/// A challenge carries its end and a code under a secret of this process, over its key and the log's origin: the
/// coordinator knows its own again. Only answers whose signature holds are remembered, for as long as the challenge
/// could be answered once more. Plain state; times are milliseconds of a clock that never goes back.
struct Challenges: Sendable {
    /// A challenge of this process that was answered for the key that it was made for.
    struct Answered: Sendable {
        let key: PublicKey
        let nonce: [UInt8]
        let expiresMs: UInt64
    }

    /// What a key has answered lately.
    private struct Record: Sendable {
        /// Answered challenges that could be answered again, at most `usedPerKey`.
        var used: [(nonce: [UInt8], expiresMs: UInt64)] = []
        /// Challenges that end by then are refused, since what was answered of them is not known any more.
        var floorMs: UInt64 = 0
    }

    private let authenticator: HMACSHA256
    private let origin: [UInt8]
    private let strangerCount: Int
    private var records: [PublicKey: Record] = [:]
    /// Keys with a record that are not members, oldest answer first.
    private var strangers = AgeQueue<PublicKey>()
    /// Strangers without a record: challenges that end by then are refused.
    private var strangersFloorMs: UInt64 = 0

    private static let byteCount = 32
    private static let codeByteCount = 16

    /// - Parameters:
    ///   - secret: 32 random bytes of this process.
    ///   - origin: the log's name.
    ///   - strangerCount: keys that are not members whose answers are remembered.
    init(secret: [UInt8], origin: String, strangerCount: Int) {
        authenticator = HMACSHA256(key: secret)
        self.origin = Array(origin.utf8)
        self.strangerCount = strangerCount
    }

    /// Keys whose answers are remembered.
    var recordCount: Int { records.count }

    /// A challenge for a key: its end, eight random bytes, and the code over both, the key and the origin.
    func make(for key: PublicKey, random: UInt64, expiresMs: UInt64) -> [UInt8] {
        let head = Self.bytes(of: expiresMs) + Self.bytes(of: random)
        return head + code(head, key)
    }

    /// A challenge that this process made for this key and that has not ended; nil for any other bytes.
    func check(_ nonce: [UInt8], for key: PublicKey, nowMs: UInt64) -> Answered? {
        guard nonce.count == Self.byteCount else { return nil }
        let head = Array(nonce.prefix(Self.byteCount - Self.codeByteCount))
        // All bytes are looked at, so that the time tells nothing of the code.
        let difference = zip(code(head, key), nonce.suffix(Self.codeByteCount)).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) }
        let expiresMs = head.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard difference == 0, expiresMs > nowMs else { return nil }
        return Answered(key: key, nonce: nonce, expiresMs: expiresMs)
    }

    /// Uses a challenge up whose answer's signature holds.
    ///
    /// - Parameter isMember: the key is one that the coordinator knows, whose answers strangers do not push out.
    /// - Returns: whether it had not been used.
    mutating func use(_ answered: Answered, isMember: Bool, nowMs: UInt64) -> Bool {
        let key = answered.key
        var record = records[key] ?? Record(floorMs: isMember ? 0 : strangersFloorMs)
        record.used.removeAll { $0.expiresMs <= nowMs }
        guard answered.expiresMs > record.floorMs, !record.used.contains(where: { $0.nonce == answered.nonce }) else {
            return false
        }
        record.used.append((answered.nonce, answered.expiresMs))
        if record.used.count > CoordinatorServerLimits.usedChallengesPerKey {
            record.used.sort { $0.expiresMs < $1.expiresMs }
            record.floorMs = record.used.removeFirst().expiresMs
        }
        records[key] = record
        guard !isMember else {
            strangers.remove(key)
            return true
        }
        strangers.append(key)
        forget(nowMs)
        return true
    }

    /// A stranger became a member.
    mutating func admit(_ key: PublicKey) {
        strangers.remove(key)
        if records[key] == nil { records[key] = Record(floorMs: strangersFloorMs) }
    }

    /// Forgets strangers whose challenges have ended, and the oldest where there are too many.
    private mutating func forget(_ nowMs: UInt64) {
        while let oldest = strangers.first() {
            let end = records[oldest]?.used.map(\.expiresMs).max() ?? 0
            guard end <= nowMs || strangers.count > strangerCount else { return }
            strangers.remove(oldest)
            records[oldest] = nil
            if end > nowMs { strangersFloorMs = max(strangersFloorMs, end) }
        }
    }

    private func code(_ head: [UInt8], _ key: PublicKey) -> [UInt8] {
        let message = Array("tributary/challenge/v1".utf8) + [0] + head + key.bytes + origin
        return Array(authenticator.code(for: message).bytes.prefix(Self.codeByteCount))
    }

    private static func bytes(of number: UInt64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }
}
