import Ledger

/// Who is there: when each participant was heard of, who was banned or left, and who missed too many rounds.
struct Membership {
    /// One participant.
    struct Member {
        var lastSeenMs: UInt64?
        var isBanned = false
        /// Said that it leaves, and was not heard of since.
        var hasLeft = false
        /// Invited rounds in a row without an accepted contribution.
        var missedRounds = 0
        /// Not invited before then.
        var ejectedUntilMs: UInt64 = 0
        /// How often it was ejected in a row.
        var ejections = 0
    }

    private(set) var members: [Member] = []

    /// Who left or was banned.
    var gone: Set<ParticipantNumber> {
        Set(members.indices.lazy.filter { members[$0].hasLeft || members[$0].isBanned }.map { ParticipantNumber($0) })
    }

    /// Makes room for participants up to that number.
    mutating func grow(to count: Int) {
        while members.count < count { members.append(Member()) }
    }

    /// Notes that a participant was heard of.
    ///
    /// - Returns: whether it has just become available.
    mutating func seen(_ number: ParticipantNumber, nowMs: UInt64) -> Bool {
        let wasAvailable = isAvailable(number, nowMs: nowMs)
        members[Int(number)].lastSeenMs = nowMs
        members[Int(number)].hasLeft = false
        return !wasAvailable && isAvailable(number, nowMs: nowMs)
    }

    mutating func leave(_ number: ParticipantNumber) { members[Int(number)].hasLeft = true }

    mutating func ban(_ number: ParticipantNumber, _ isBanned: Bool) { members[Int(number)].isBanned = isBanned }

    /// Notes that a participant's contribution was accepted.
    mutating func answered(_ number: ParticipantNumber) {
        members[Int(number)].missedRounds = 0
        members[Int(number)].ejections = 0
    }

    /// Notes that a participant was invited to a round and sent nothing that counted.
    ///
    /// - Returns: when it may be invited again, if it is left out from now on.
    mutating func missed(_ number: ParticipantNumber, nowMs: UInt64) -> UInt64? {
        var member = members[Int(number)]
        defer { members[Int(number)] = member }
        member.missedRounds += 1
        guard member.missedRounds >= CoordinationLimits.missedRoundCount else { return nil }
        let pause = min(
            CoordinationLimits.ejectionMs << UInt64(min(member.ejections, 16)), CoordinationLimits.longestEjectionMs)
        member.ejections += 1
        member.missedRounds = 0
        member.ejectedUntilMs = nowMs + pause
        return member.ejectedUntilMs
    }

    /// Whether a participant may be invited.
    func isAvailable(_ number: ParticipantNumber, nowMs: UInt64) -> Bool {
        let member = members[Int(number)]
        guard let lastSeenMs = member.lastSeenMs, !member.isBanned, !member.hasLeft else { return false }
        return nowMs <= lastSeenMs + CoordinationLimits.availabilityMs && nowMs >= member.ejectedUntilMs
    }

    /// Moves every time that is kept, as the clock was set.
    mutating func move(_ moved: (UInt64) -> UInt64) {
        for number in members.indices {
            members[number].lastSeenMs = members[number].lastSeenMs.map(moved)
            members[number].ejectedUntilMs = moved(members[number].ejectedUntilMs)
        }
    }

    /// Participants that were heard of since then. Complexity: O(participants).
    func countSeen(sinceMs: UInt64) -> Int {
        members.count { member in member.lastSeenMs.map { $0 >= sinceMs } ?? false }
    }

    /// The participants that may not be invited. Complexity: O(participants).
    func unavailable(nowMs: UInt64) -> Set<ParticipantNumber> {
        var absent: Set<ParticipantNumber> = []
        for number in 0..<members.count where !isAvailable(ParticipantNumber(number), nowMs: nowMs) {
            absent.insert(ParticipantNumber(number))
        }
        return absent
    }

    /// When the next left-out participant may be invited again.
    func nextReturnMs(after nowMs: UInt64) -> UInt64? {
        members.lazy.map(\.ejectedUntilMs).filter { $0 > nowMs }.min()
    }
}
