import Federation
import Ledger
import Tensors

/// Random events for a random small task: sensible, wrong, repeated and out of turn.
struct RandomRun {
    var driver: EngineDriver
    private var generator: SeededGenerator
    private var ticket: UInt64 = 0
    private var inFlight: [UInt64] = []
    private var sent: [ContributionStatement] = []
    private let population: Int

    init(seed: UInt64) throws {
        generator = SeededGenerator(seed: seed, stream: "events")
        population = 1 + generator.nextIndex(below: 6)
        let size = 1 + generator.nextIndex(below: 4)
        let task = try Fixtures.task(
            size: size,
            quorum: 1 + generator.nextIndex(below: size),
            overSelection: 1 + generator.nextUnit(),
            deadlineSeconds: 1 + generator.nextIndex(below: 3),
            rounds: 1 + generator.nextIndex(below: 5),
            stopAccuracy: generator.nextIndex(below: 2) == 0 ? 0.95 : nil,
            trust: generator.nextIndex(below: 3) == 0 ? .open : .known,
            closeAfterSeconds: generator.nextIndex(below: 4) == 0 ? 1 + generator.nextIndex(below: 20) : nil
        )
        driver = try EngineDriver(task, participants: population)
        if generator.nextIndex(below: 8) != 0 { try driver.handle(.start) }
    }

    /// One event, at a time not before the last one's.
    mutating func step() throws {
        if generator.nextIndex(below: 3) == 0 { driver.nowMs += UInt64(generator.nextIndex(below: 500)) }
        switch generator.nextIndex(below: 26) {
        case 0: try driver.handle(.start)
        case 1...8: try receive(statement())
        case 9: try receiveGarbage()
        case 10: if let again = sent.randomElement(using: &generator) { try receive(again) }
        case 11...15: try decide()
        case 16:
            try driver.handle(
                .checked(ticket: UInt64(generator.nextIndex(below: 100)), verdict: .sound(squaredNorm: 1)))
        case 17: try driver.handle(.deadlinePassed(round: UInt32(generator.nextIndex(below: 7))))
        case 18: if generator.nextIndex(below: 2) == 0 { try driver.passDeadline() }
        case 22:
            driver.engine.absent = Set(
                (0..<population).filter { _ in generator.nextIndex(below: 2) == 0 }.map { UInt32($0) })
            try driver.handle(.absenceChanged)
        case 23: try driver.handle(.aggregated(driver.divergence()))
        case 24: try assignUnits()
        case 25:
            if generator.nextIndex(below: 20) == 0 {
                let hasFailed = generator.nextIndex(below: 2) == 0
                // A round that was to be averaged may then be given up.
                if hasFailed { driver.closed.remove(driver.engine.round) }
                try driver.handle(.close(.byOperator, computationFailed: hasFailed))
            }
        case 19: try driver.handle(.aggregated(driver.result(round: UInt32(generator.nextIndex(below: 7)))))
        default:
            try driver.handle(.aggregated(driver.result(accuracyPpm: UInt32(generator.nextIndex(below: 1_000_001)))))
        }
    }

    private mutating func receive(_ statement: ContributionStatement) throws {
        sent.append(statement)
        try receive(bytes: statement.encoded)
    }

    private mutating func receiveGarbage() throws {
        var bytes = try statement().encoded
        let place = generator.nextIndex(below: bytes.count)
        if generator.nextIndex(below: 2) == 0 {
            bytes[place] ^= 1 << UInt8(generator.nextIndex(below: 8))
        } else {
            bytes.removeLast(bytes.count - place)
        }
        try receive(bytes: bytes)
    }

    /// Delivers bytes, and remembers what the engine wants to have checked.
    private mutating func receive(bytes: [UInt8]) throws {
        ticket += 1
        if try driver.receive(bytes: bytes, ticket: ticket) == ["check \(ticket)"] { inFlight.append(ticket) }
    }

    private mutating func statement() throws -> ContributionStatement {
        let number = generator.nextIndex(below: population + 1)
        let wrong = generator.nextIndex(below: 40)
        let other = Fixtures.digest("other")
        let samples: UInt64 =
            switch generator.nextIndex(below: 10) {
            case 0: UInt64(FederationLimits.sampleCount)
            case 1: generator.next()
            default: UInt64(1 + generator.nextIndex(below: 100))
            }
        return try driver.statement(
            number,
            samples: samples,
            round: wrong == 0 ? UInt32(generator.nextIndex(below: 7)) : nil,
            task: wrong == 1 ? other : nil,
            baseModel: wrong == 2 ? other : nil,
            configuration: wrong == 3 ? other : nil,
            parameterCount: wrong == 4 ? generator.next() : nil,
            previous: wrong == 5 ? other : nil,
            nonce: UInt8(generator.nextIndex(below: 3)),
            update: wrong == 6 ? Fixtures.digest("copied") : nil,
            hasPossession: wrong != 7
        )
    }

    /// Somebody's units change, from the next round on.
    private mutating func assignUnits() throws {
        let number = ParticipantNumber(generator.nextIndex(below: population))
        try driver.assign(units: UInt32(1 + generator.nextIndex(below: 8)), to: number)
    }

    /// A squared length: ordinary, none, past the bound, or so far past it that no weight is left.
    private mutating func norm() -> UInt128 {
        switch generator.nextIndex(below: 8) {
        case 0: 0
        case 1: EngineDriver.bound << UInt128(generator.nextIndex(below: 2))
        case 2: UInt128(driver.engine.plan.parameterCount) * UInt128(0xFF_FFFF * 0xFF_FFFF)
        default: EngineDriver.norm + UInt128(generator.nextIndex(below: 1_000_000))
        }
    }

    private mutating func decide() throws {
        guard !inFlight.isEmpty else { return }
        let decided = inFlight.remove(at: generator.nextIndex(below: inFlight.count))
        let reasons = RefusalReason.allCases
        let verdict: UpdateVerdict =
            generator.nextIndex(below: 5) == 0
            ? .refused(reasons[generator.nextIndex(below: reasons.count)], detail: "for the test")
            : .sound(squaredNorm: norm())
        try driver.handle(.checked(ticket: decided, verdict: verdict))
    }
}
