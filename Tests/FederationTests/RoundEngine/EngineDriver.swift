import Attestation
import Federation
import Ledger
import Rewards
import Tensors
import Testing
import Training

/// Drives a round engine as a server would, with a real journal over a store in memory: what the engine records must
/// pass the ledger's rules.
struct EngineDriver {
    var engine: RoundEngine
    let journal: Journal
    let task: Digest
    let configuration: TaskConfiguration
    let keys: [PublicKey]
    let terms: TaskTerms
    let secret = TaskSecret(Fixtures.digest("secret"))
    var nowMs: UInt64 = 1_767_225_600_000
    /// What was refused, in order.
    var refusals: [(ticket: UInt64, reason: RefusalReason)] = []
    /// What was accepted, in order.
    var accepted: [(round: UInt32, contribution: AcceptedContribution)] = []
    /// Rounds that were closed to further contributions, with or without quorum.
    var closed: Set<UInt32> = []
    /// The last `aggregate` effect's contributions.
    var toAggregate: [AcceptedContribution] = []
    /// Exact metrics and scores by round, as a coordinator would keep them until the close.
    var withheld: [UInt32: WithheldScores] = [:]
    var finishReason: TaskClosed.Reason?

    var hasFinished: Bool { finishReason != nil }

    /// The task's norm bound, squared: longer than what the tests send unless they say so.
    static let bound: UInt128 = 1 << 52
    /// The squared length of an ordinary update.
    static let norm: UInt128 = 1 << 40

    /// A federation at the start of its task.
    init(_ configuration: TaskConfiguration, participants: Int, bound: UInt128 = Self.bound) throws {
        self.configuration = configuration
        let text = Array(configuration.text.utf8)
        task = SHA256.hash(text)
        keys = try (0..<participants).map { try Fixtures.key($0).publicKey }
        let signer = try NoteSigner(name: "example.org/federation", key: Fixtures.key(99_999))
        journal = try Journal.create(
            store: InMemoryLedgerStore(),
            signer: signer,
            genesis: Genesis(
                origin: signer.verifier.name,
                coordinatorKey: signer.verifier.publicKey,
                asset: "TRIB",
                cap: 1_000_000_000
            ),
            timeMs: nowMs
        )
        let model = Fixtures.digest("model 0")
        terms = configuration.terms(
            normBoundSquared: configuration.weights.weighting == .units ? bound : nil, openedAtMs: nowMs,
            secret: secret)
        let opened = TaskOpened(
            task: task,
            configuration: text,
            parameterCount: UInt64(configuration.architecture.parameterLayout.count),
            gridFractionBits: UInt32(configuration.grid.fractionBits),
            validationRoot: Fixtures.digest("validation"),
            terms: terms,
            quorum: UInt32(configuration.cohort.quorum)
        )
        let registered = keys.map {
            EntryBody.participantRegistered(ParticipantRegistered(publicKey: $0, label: ""))
        }
        try journal.append(registered + [.taskOpened(opened)], timeMs: nowMs)
        try journal.appendDue(timeMs: nowMs)
        engine = RoundEngine(
            plan: RoundEngine.Plan(task: task, configuration: configuration, terms: terms),
            model: model,
            participants: Dictionary(uniqueKeysWithValues: keys.enumerated().map { ($1, ParticipantNumber($0)) })
        )
    }

    /// Gives the engine an event, carries out what it answers, and says it in words.
    @discardableResult
    mutating func handle(_ event: RoundEvent) throws -> [String] {
        let effects = engine.handle(event, atMs: nowMs)
        for effect in effects { try perform(effect) }
        return effects.map(Self.words)
    }

    private mutating func perform(_ effect: RoundEffect) throws {
        switch effect {
        case .record(let body):
            let results = try journal.append([body], timeMs: engine.entryTimeMs)
            if case .contributionRefused = body { return }
            #expect(results.first?.outcome == .appended)
        case .recordDue: try journal.appendDue(timeMs: nowMs)
        case .fold(let contribution):
            let round = try #require(journal.state.tasks[task]?.round?.number)
            #expect(!closed.contains(round), "accepted after the round was closed")
            accepted.append((round, contribution))
        case .refuse(let ticket, let reason, _): refusals.append((ticket, reason))
        case .aggregate(let round, let contributions):
            #expect(closed.insert(round).inserted, "a round is closed once")
            toAggregate = contributions
        case .abandon(let round): #expect(closed.insert(round).inserted, "a round is closed once")
        case .finish(let rounds, let model, let reason):
            #expect(finishReason == nil, "a task ends once")
            finishReason = reason
            try reveal()
            try journal.append(LedgerRules.settlement(of: task, journal.state), timeMs: nowMs)
            let closed = TaskClosed(
                task: task, rounds: rounds, model: rounds == 0 ? .zero : model, reason: reason, secret: secret)
            try journal.append([.taskClosed(closed)], timeMs: nowMs)
            try journal.appendDue(timeMs: nowMs)
        case .invite, .setTimer, .check: break
        }
    }

    /// Writes the exact metrics and scores of every withheld round.
    private func reveal() throws {
        while let round = journal.state.tasks[task]?.waiting.first?.number {
            let scored = try #require(withheld[round])
            let revealed = RoundRevealed(
                task: task, round: round, salt: secret.salt(round: round), metrics: scored.metrics)
            let parts = scored.parts(of: task, round: round).map { EntryBody.scores($0) }
            try journal.append([.roundRevealed(revealed)] + parts, timeMs: nowMs)
        }
    }

    /// The process ends and starts again: an engine at the state that the ledger gives takes up the open round, or
    /// opens the next one.
    @discardableResult
    mutating func restart() throws -> [String] {
        let state = try #require(journal.state.tasks[task])
        let last = withheld[state.roundsFinished]?.metrics.testAccuracyPpm
        var resumed = RoundEngine(
            plan: engine.plan, round: state.roundsFinished, model: state.model ?? engine.model,
            participants: journal.state.numbers,
            lastStatements: Dictionary(
                uniqueKeysWithValues: journal.state.participants.enumerated().map {
                    (ParticipantNumber($0), $1.lastContribution)
                }),
            serverState: state.serverState, accuracyPpm: last ?? 0,
            boundHistory: BoundHistory(recent: state.recentNorms, base: state.boundBase),
            divergedCount: state.divergedInARow)
        resumed.units = state.unitsByParticipant(journal.state)
        engine = resumed
        guard let round = state.round else { return try handle(.start) }
        accepted.removeAll { $0.round == round.number }
        closed.remove(round.number)
        let effects = engine.resume(round, firstTicket: 1_000, atMs: nowMs)
        for effect in effects { try perform(effect) }
        return effects.map(Self.words)
    }

    /// Assigns units to a participant for the task; the engine has them for the next round. The entry does not move the
    /// log's time on, which could pass the deadline of contributions that are being checked.
    mutating func assign(units: UInt32, to number: ParticipantNumber) throws {
        guard journal.state.tasks[task]?.stage == .running else { return }
        let change = journal.state.participants[Int(number)].unitChanges
        try journal.append(
            [.unitsAssigned(UnitsAssigned(task: task, participant: number, units: units, change: change))],
            timeMs: journal.state.lastTimeMs)
        engine.units = try #require(journal.state.tasks[task]).unitsByParticipant(journal.state)
    }

    /// What a participant would state now.
    func statement(
        _ number: Int,
        samples: UInt64 = 10,
        round: UInt32? = nil,
        task: Digest? = nil,
        baseModel: Digest? = nil,
        configuration: Digest? = nil,
        parameterCount: UInt64? = nil,
        previous: Digest? = nil,
        nonce: UInt8 = 0,
        update: Digest? = nil,
        hasPossession: Bool = true
    ) throws -> ContributionStatement {
        let key = number < keys.count ? keys[number] : try Fixtures.key(number).publicKey
        return ContributionStatement(
            task: task ?? self.task,
            round: round ?? engine.round,
            participantKey: key,
            baseModel: baseModel ?? engine.model,
            configuration: configuration ?? self.task,
            update: update ?? Fixtures.digest("update \(number) \(engine.round)"),
            parameterCount: parameterCount ?? engine.plan.parameterCount,
            sampleCount: samples,
            stepCount: 1,
            nonce: [UInt8](repeating: nonce, count: ContributionStatement.nonceByteCount),
            previousContribution: previous ?? journal.state.participant(key)?.state.lastContribution ?? .zero,
            ledgerRootSeen: .zero,
            possession: hasPossession ? Fixtures.digest("possession \(number)") : nil
        )
    }

    /// A statement reaches the engine. Its signature is the driver's business, not the engine's.
    @discardableResult
    mutating func receive(_ statement: ContributionStatement, ticket: UInt64) throws -> [String] {
        try receive(bytes: statement.encoded, ticket: ticket)
    }

    @discardableResult
    mutating func receive(bytes: [UInt8], ticket: UInt64) throws -> [String] {
        try handle(.received(statement: bytes, signature: [UInt8](repeating: 1, count: 64), ticket: ticket))
    }

    /// The driver's check ends well.
    @discardableResult
    mutating func approve(_ ticket: UInt64, squaredNorm: UInt128 = norm) throws -> [String] {
        try handle(.checked(ticket: ticket, verdict: .sound(squaredNorm: squaredNorm)))
    }

    /// A participant's contribution comes in and is sound; the ticket is its number.
    @discardableResult
    mutating func contribute(
        _ number: Int, samples: UInt64 = 10, squaredNorm: UInt128 = norm
    ) throws -> [String] {
        let received = try receive(statement(number, samples: samples), ticket: UInt64(number))
        return received + (try approve(UInt64(number), squaredNorm: squaredNorm))
    }

    /// The open round's time is up.
    @discardableResult
    mutating func passDeadline() throws -> [String] {
        try handle(.deadlinePassed(round: engine.round))
    }

    /// What averaging the last `aggregate` effect's contributions might give; kept until the close where scores are
    /// withheld.
    mutating func result(round: UInt32? = nil, accuracyPpm: UInt32 = 500_000) -> RoundResult {
        let round = round ?? engine.round
        let metrics = RoundMetrics(
            validationLossBefore: 1_234_000_000_000,
            validationLossAfter: 1_034_000_000_000,
            testAccuracyPpm: accuracyPpm,
            testLoss: 1_111_000_000_000,
            scoreGap: 5
        )
        let isScored = terms.score == .value
        let scores = toAggregate.map {
            ContributionScore(participant: $0.participant, full: 100, novel: 50, samples: $0.sampleCount)
        }
        var result = RoundResult(
            round: round,
            aggregate: isScored ? Fixtures.digest("sums \(round)") : nil,
            model: Fixtures.digest("model \(round)"),
            serverState: nil,
            metrics: metrics,
            scores: isScored ? scores : []
        )
        if terms.withholdsScores {
            let scored = WithheldScores(metrics: metrics, scores: scores)
            // A round that is over keeps what it was sealed with.
            if journal.state.tasks[task]?.round?.number == round { withheld[round] = scored }
            result.scoreCommitment = scored.commitment(of: task, round: round, salt: secret.salt(round: round))
        }
        return result
    }

    /// What a round comes to that no finite model came of.
    func divergence(round: UInt32? = nil) -> RoundResult {
        RoundResult(
            round: round ?? engine.round, aggregate: nil, model: engine.model, serverState: nil, metrics: nil,
            scores: [], divergence: "for the test")
    }

    /// The reason why a ticket was refused last.
    func refusal(of ticket: UInt64) -> RefusalReason? { refusals.last { $0.ticket == ticket }?.reason }

    /// Entries of one kind in the log, in order.
    func entries<Body>(_ select: (EntryBody) -> Body?) throws -> [Body] {
        try journal.entries(in: 0..<journal.count).compactMap { select($0.entry.body) }
    }

    /// The openings of rounds in the log, in order.
    func openings() throws -> [RoundOpened] {
        try entries { if case .roundOpened(let opened) = $0 { opened } else { nil } }
    }

    /// The seals in the log, in order.
    func seals() throws -> [RoundSealed] {
        try entries { if case .roundSealed(let sealed) = $0 { sealed } else { nil } }
    }

    /// An effect in a few words.
    static func words(_ effect: RoundEffect) -> String {
        switch effect {
        case .record(.contributionAccepted(let entry)): "record accepted of round \(entry.statement.round)"
        case .record(.contributionRefused(let entry)): "record refused \(entry.reason.name)"
        case .record(.roundSealed(let sealed)):
            "record sealed \(sealed.round) \(sealed.outcome) with \(sealed.accepted)"
        case .record(.scores(let scores)): "record \(scores.scores.count) scores of round \(scores.round)"
        case .record(.roundOpened(let opened)): "record opened \(opened.round) for \(opened.cohort)"
        case .record(let body): "record \(body)"
        case .recordDue: "record due"
        case .invite(let invitation): "invite \(invitation.cohort) to \(invitation.round)"
        case .setTimer(let round, _): "set timer of \(round)"
        case .check(let ticket, _, _): "check \(ticket)"
        case .fold(let contribution): "fold \(contribution.participant)"
        case .refuse(let ticket, let reason, _): "refuse \(ticket) \(reason.name)"
        case .aggregate(let round, let accepted): "aggregate \(round) of \(accepted.map(\.participant))"
        case .abandon(let round): "abandon \(round)"
        case .finish(let rounds, _, let reason): "finish after \(rounds): \(reason)"
        }
    }
}
