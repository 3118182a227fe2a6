import Attestation
import Coordination
import Federation
import Ledger
import Rewards
import Testing

@Suite("Places for participants, and whose refusals are booked")
struct RegistrationTests {
    /// A key that is cheap to make: nobody has to sign with it.
    private static func key(_ number: Int) throws -> PublicKey {
        for draw in 0..<1_000 {
            let bytes = SHA256.hash(Array("cheap \(number) \(draw)".utf8)).bytes
            if let key = try? PublicKey(bytes: bytes) { return key }
        }
        throw CoordinationError(.limitExceeded, "no such key")
    }

    @Test("Ten thousand keys that were registered and never used keep nobody out for ever", .timeLimit(.minutes(10)))
    func tenThousandRegistrations() throws {
        let room = try CoordinatorRoom(tasks: [])
        let taken = FederationLimits.participantCount - CoordinationLimits.placesForInvited
        func register(_ number: Int, isInvited: Bool) throws {
            _ = try room.coordinator.register(
                Self.key(number), label: "", isInvited: isInvited, nowMs: room.nowMs)
        }
        for number in 0..<taken { try register(number, isInvited: false) }
        let full = #expect(throws: CoordinationError(.limitExceeded, "")) { try register(20_000, isInvited: false) }
        #expect(full?.hint?.contains("invitation") == true)
        for number in 0..<CoordinationLimits.placesForInvited { try register(30_000 + number, isInvited: true) }
        #expect(throws: CoordinationError(.limitExceeded, "")) { try register(40_000, isInvited: true) }
        room.nowMs += CoordinationLimits.placeMs + 1
        try register(20_000, isInvited: false)
        try register(40_000, isInvited: true)
        #expect(room.coordinator.participantCount == FederationLimits.participantCount + 2)
        // Under trust open everybody who is there is invited, and a file that names them all can be opened.
        let material = try TaskMaterial.sample(
            size: FederationLimits.participantCount, quorum: 1, trust: .open, score: .value, acceptsUnprovedPay: true)
        #expect(try !room.coordinator.open(material, nowMs: room.nowMs).existed)
    }

    @Test("Statements whose signature does not hold, and strangers' own, leave nothing on the ledger or in a quota")
    func forgeries() throws {
        let material = try TaskMaterial.sample()
        let room = try CoordinatorRoom(tasks: [material])
        try room.register(0..<3)
        _ = try room.coordinator.open(material, nowMs: room.nowMs)
        let order = try #require(try room.order(0))
        let made = try room.make(0, for: order)
        let before = room.disk.count
        for count in 0..<20 {
            let forged = SignedContribution(
                statementBytes: made.contribution.statementBytes, signature: [UInt8](repeating: UInt8(count), count: 64)
            )
            try room.submit(forged)
            try room.send(try room.make(50, for: order))
        }
        try room.runJobs()
        #expect(room.disk.count == before)
        let reasons = room.takeAnswers().map { answer in
            if case .refused(let reason, _) = answer { reason } else { "" }
        }
        #expect(reasons.filter { $0 == RefusalReason.badSignature.name }.count == 20)
        #expect(reasons.filter { $0 == RefusalReason.unknownParticipant.name }.count == 20)
        // What the participant itself sends wrongly is booked under its key.
        try room.send(try room.make(0, for: order, bytes: made.bytes, samples: 0))
        try room.runJobs()
        let booked = try room.bodies { body -> PublicKey? in
            if case .contributionRefused(let refused) = body { refused.participantKey } else { nil }
        }
        #expect(try booked == [CoordinatorRoom.key(0).publicKey])
    }

    @Test("A forged statement does not make its claimed author present")
    func presence() throws {
        let material = try TaskMaterial.sample(quorum: 3)
        let room = try CoordinatorRoom(tasks: [material])
        try room.register(0..<3)
        _ = try room.coordinator.open(material, nowMs: room.nowMs)
        let made = try room.make(0, for: try #require(try room.order(0)))
        room.nowMs += CoordinationLimits.availabilityMs + 1
        try room.submit(
            SignedContribution(
                statementBytes: made.contribution.statementBytes, signature: [UInt8](repeating: 1, count: 64)))
        #expect(room.coordinator.availableCount(nowMs: room.nowMs) == 0)
    }

    @Test("Claimed weights that some could use up before others come are refused when the task is opened")
    func claims() throws {
        // 32 keys with 2^24 examples each once shut everybody else out of a round (finding S6).
        let material = try TaskMaterial.sample(
            size: 33, quorum: 32, weights: WeightRule(weighting: .claimed), samplesCap: 1 << 24)
        let room = try CoordinatorRoom(tasks: [material])
        let error = #expect(throws: CoordinationError(.invalidTask, "")) {
            try room.coordinator.open(material, nowMs: room.nowMs)
        }
        #expect(error?.hint?.contains("\(LedgerLimits.totalWeight / 33)") == true)
    }

    @Test("A round has room for the whole weight of every participant that it can have, whatever their units")
    func fullWeights() {
        let most = UInt64(Units.allowed.upperBound) * UInt64(FederationLimits.participantCount)
        #expect(most <= Units.roundTotal)
        #expect(EffectiveWeight.denominator(units: most) <= LedgerLimits.totalWeight)
    }
}
