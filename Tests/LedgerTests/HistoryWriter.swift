import Attestation
import Ledger
import Testing

/// Writes a history entry by entry through the rules, checking every invariant after each entry.
struct HistoryWriter {
    /// What a seal committed to, as the coordinator keeps it until the end.
    struct Withheld {
        let round: UInt32
        let metrics: RoundMetrics
        let parts: [RoundScores]
    }

    var state = LedgerState()
    var entries: [EncodedEntry] = []
    var timeMs: UInt64 = 1_700_000_000_000
    var withheld: [Digest: [Withheld]] = [:]
    var secrets: [Digest: TaskSecret] = [:]

    /// An empty log.
    init() {}

    /// A log with genesis, its grants and that many participants, the first ones with those units.
    init(participants: Int, units: [UInt32] = [], genesis: Genesis? = nil) throws {
        try add(.genesis(try genesis ?? LedgerFixture.genesis()))
        try addDue()
        for number in 0..<participants {
            try add(
                .participantRegistered(
                    ParticipantRegistered(
                        publicKey: try LedgerFixture.key(number),
                        label: "participant \(number)",
                        units: number < units.count ? units[number] : 0
                    )
                )
            )
        }
    }

    /// Appends an entry, one millisecond after the last.
    mutating func add(_ body: EntryBody) throws {
        timeMs += 1
        let entry = try EncodedEntry(sequence: state.count, previous: state.head, timeMs: timeMs, body: body)
        try LedgerRules.apply(try EncodedEntry(decoding: entry.bytes), to: &state)
        try LedgerInvariants.check(state)
        entries.append(entry)
    }

    /// Appends what the rules ask for.
    mutating func addDue() throws {
        for body in LedgerRules.due(state) { try add(body) }
        #expect(!state.hasDue)
    }

    /// Opens a task and sets its pool aside.
    mutating func open(_ task: TaskOpened, name: String = "task") throws {
        try add(.taskOpened(task))
        secrets[task.task] = LedgerFixture.secret(name)
        try addDue()
    }

    mutating func assign(_ units: UInt32, to number: ParticipantNumber, task: Digest? = nil) throws {
        let change = state.participants[Int(number)].unitChanges
        try add(.unitsAssigned(UnitsAssigned(task: task, participant: number, units: units, change: change)))
    }

    /// What a participant would sign now for a task's open round.
    func statement(
        _ number: Int,
        task: Digest,
        samples: UInt64 = 100,
        round: UInt32? = nil,
        update: Digest? = nil
    ) throws -> ContributionStatement {
        let task = try #require(state.tasks[task])
        let key = try LedgerFixture.key(number)
        let current = round ?? task.round?.number ?? 0
        return ContributionStatement(
            task: task.opening.task,
            round: current,
            participantKey: key,
            baseModel: task.round?.baseModel ?? task.model ?? .zero,
            configuration: task.opening.task,
            update: update ?? LedgerFixture.digest("update \(number) \(current)"),
            parameterCount: task.opening.parameterCount,
            sampleCount: samples,
            stepCount: 10,
            nonce: Array(LedgerFixture.digest("nonce \(number) \(current)").bytes.prefix(16)),
            previousContribution: state.participant(key)?.state.lastContribution ?? .zero,
            ledgerRootSeen: .zero,
            possession: ContributionStatement.possession(of: [UInt8(number)], by: key)
        )
    }

    mutating func openRound(_ task: Digest, cohort: [ParticipantNumber]) throws {
        let current = try #require(state.tasks[task])
        try add(
            .roundOpened(
                RoundOpened(
                    task: task,
                    round: current.roundsFinished + 1,
                    baseModel: current.model ?? LedgerFixture.digest("model \(task) 0"),
                    deadlineMs: timeMs + 10_000,
                    cohort: cohort,
                    boundSquared: current.nextBound
                )
            )
        )
    }

    mutating func accept(
        _ number: Int,
        task: Digest,
        samples: UInt64 = 100,
        norm: UInt128 = 1 << 50,
        update: Digest? = nil
    ) throws {
        let statement = try statement(number, task: task, samples: samples, update: update)
        let signed = try statement.signed(by: LedgerFixture.signingKey(number))
        try add(.contributionAccepted(try ContributionAccepted(signed, squaredNorm: norm)))
    }

    mutating func refuse(_ number: Int, task: Digest, _ reason: RefusalReason) throws {
        let statement = try statement(number, task: task)
        try add(
            .contributionRefused(
                ContributionRefused(
                    task: task,
                    round: statement.round,
                    participantKey: statement.participantKey,
                    reason: reason,
                    detail: "refused for the test",
                    statementDigest: LedgerFixture.digest("\(state.count)")
                )
            )
        )
    }

    /// The scores of the open round's contributions, full ones as given and novel ones half of them, in entries of that
    /// many.
    func scores(_ task: Digest, each count: Int = 2, full: (ParticipantNumber) -> Int64) throws -> [RoundScores] {
        let round = try #require(state.tasks[task]?.round)
        let scores = round.accepted.keys.sorted().map { number in
            ContributionScore(
                participant: number,
                full: full(number),
                novel: full(number) / 2,
                samples: round.accepted[number]?.samples ?? 0
            )
        }
        return stride(from: 0, to: scores.count, by: count).map {
            RoundScores(task: task, round: round.number, scores: Array(scores[$0..<min(scores.count, $0 + count)]))
        }
    }

    /// The seal that the rules accept now.
    func seal(
        _ task: Digest,
        _ outcome: RoundSealed.Outcome? = nil,
        metrics: RoundMetrics = LedgerFixture.metrics,
        parts: [RoundScores] = []
    ) throws -> RoundSealed {
        let current = try #require(state.tasks[task])
        let terms = try #require(current.opening.terms)
        let round = try #require(current.round)
        let hasQuorum = round.accepted.count >= Int(current.opening.quorum)
        let outcome = outcome ?? (hasQuorum ? (round.totalWeight == 0 ? .diverged : .aggregated) : .noQuorum)
        let isAggregated = outcome == .aggregated
        let salt = (secrets[task] ?? LedgerFixture.secret()).salt(round: round.number)
        return RoundSealed(
            task: task,
            round: round.number,
            outcome: outcome,
            accepted: UInt32(round.accepted.count),
            totalWeight: round.totalWeight,
            aggregate: isAggregated && terms.scoresRounds ? LedgerFixture.digest("sums \(round.number)") : nil,
            model: isAggregated ? LedgerFixture.digest("model \(task) \(round.number)") : current.model ?? .zero,
            serverState: isAggregated ? LedgerFixture.digest("momentum \(round.number)") : current.serverState,
            metrics: isAggregated ? (terms.withholdsScores ? metrics.rounded : metrics) : nil,
            scoreCommitment: isAggregated && terms.withholdsScores
                ? ScoreCommitment.digest(salt: salt, metrics: metrics, parts: parts) : nil
        )
    }

    /// Seals the open round and scores it, now or at the end.
    mutating func finishRound(
        _ task: Digest,
        _ outcome: RoundSealed.Outcome? = nil,
        metrics: RoundMetrics = LedgerFixture.metrics,
        full: (ParticipantNumber) -> Int64 = { 1_000 * Int64($0 + 1) }
    ) throws {
        let parts = try scores(task, full: full)
        let seal = try seal(task, outcome, metrics: metrics, parts: parts)
        try add(.roundSealed(seal))
        let terms = try #require(state.tasks[task]?.opening.terms)
        guard seal.outcome == .aggregated, terms.scoresRounds else { return }
        if terms.withholdsScores {
            withheld[task, default: []].append(Withheld(round: seal.round, metrics: metrics, parts: parts))
        } else {
            for part in parts { try add(.scores(part)) }
        }
    }

    /// What reveals a withheld round.
    func revealed(_ round: Withheld, task: Digest, metrics: RoundMetrics? = nil) -> RoundRevealed {
        let secret = secrets[task] ?? LedgerFixture.secret()
        return RoundRevealed(
            task: task, round: round.round, salt: secret.salt(round: round.round), metrics: metrics ?? round.metrics)
    }

    /// Reveals every withheld round.
    mutating func reveal(_ task: Digest) throws {
        for round in withheld[task] ?? [] {
            try add(.roundRevealed(revealed(round, task: task)))
            for part in round.parts { try add(.scores(part)) }
        }
        withheld[task] = nil
    }

    /// Reveals what is withheld, settles and pays.
    mutating func settle(_ task: Digest) throws {
        try reveal(task)
        try add(try #require(try LedgerRules.settlement(of: task, state).first))
        try addDue()
    }

    /// The close that the rules accept once the task is settled.
    func closing(_ task: Digest, _ reason: TaskClosed.Reason = .byOperator) throws -> TaskClosed {
        let current = try #require(state.tasks[task])
        return TaskClosed(
            task: task,
            rounds: current.roundsFinished,
            model: current.model ?? .zero,
            reason: reason,
            secret: secrets[task]
        )
    }

    /// Settles, closes and returns what is left.
    mutating func close(_ task: Digest, _ reason: TaskClosed.Reason = .byOperator) throws {
        try settle(task)
        try add(.taskClosed(try closing(task, reason)))
        try addDue()
    }

    /// One round in which those participants contribute.
    mutating func round(
        _ task: Digest,
        _ numbers: [Int],
        metrics: RoundMetrics = LedgerFixture.metrics,
        full: (ParticipantNumber) -> Int64 = { 1_000 * Int64($0 + 1) }
    ) throws {
        try openRound(task, cohort: state.participants.indices.map { ParticipantNumber($0) })
        for number in numbers { try accept(number, task: task, norm: (1 << 50) + UInt128(number)) }
        try finishRound(task, metrics: metrics, full: full)
    }

    /// The entries as a store has them.
    var store: InMemoryLedgerStore {
        InMemoryLedgerStore(
            entries: entries.map { StoredEntry(bytes: $0.bytes, leafHash: $0.leafHash) },
            balances: state.accounts.sorted.filter { $0.balance != AccountBalance() }.map {
                StoredBalance(account: $0.name, balance: $0.balance)
            }
        )
    }

    /// A history with every kind of entry: an open task paid from emission with its scores withheld, a sponsored one
    /// that is live and abandoned in a round, one that pays samples with claimed weights, and one that pays nothing;
    /// refusals, rounds without quorum and diverged, a top-up, and changes of units.
    static func everything() throws -> HistoryWriter {
        var writer = try HistoryWriter(participants: 4, units: [0, 8])
        let open = LedgerFixture.task("open", LedgerFixture.terms("open", trust: .open, pool: 1_000_003), quorum: 2)
        let sponsor = try LedgerFixture.sponsor()
        let live = LedgerFixture.task(
            "live", LedgerFixture.terms("live", disclosure: .live, roundCount: 3, pool: 2_000_000, sponsor: sponsor))
        try writer.open(open, name: "open")
        try writer.open(live, name: "live")
        try writer.assign(2, to: 3)
        try writer.assign(7, to: 0, task: open.task)
        try writer.topUp(live.task, 500_000, number: 1)
        for round in 0..<2 {
            try writer.openRound(open.task, cohort: [0, 1, 2, 3])
            try writer.accept(3, task: open.task, norm: 1 << 40)
            try writer.refuse(2, task: open.task, .copied)
            try writer.accept(1, task: open.task, norm: 1 << 58)
            try writer.accept(0, task: open.task, norm: 0)
            try writer.finishRound(open.task) { round == 0 && $0 == 3 ? -500 : 1_000 * Int64($0 + 1) }
        }
        try writer.openRound(open.task, cohort: [0, 1])
        try writer.accept(0, task: open.task)
        try writer.finishRound(open.task)
        try writer.add(.snapshot(writer.state.snapshot))
        try writer.round(live.task, [0, 2])
        try writer.openRound(live.task, cohort: [0, 1, 2])
        try writer.accept(0, task: live.task)
        try writer.finishRound(live.task, .diverged)
        try writer.openRound(live.task, cohort: [1])
        try writer.finishRound(live.task, .abandoned)
        try writer.close(live.task, .completed)
        try writer.close(open.task)
        try writer.addPlainTasks()
        try writer.add(.snapshot(writer.state.snapshot))
        return writer
    }

    /// A task that pays samples with claimed weights, and one that pays nothing and never opens a round.
    private mutating func addPlainTasks() throws {
        let samples = LedgerFixture.task(
            "samples", LedgerFixture.terms("samples", score: .samples, weighting: .claimed, samplesCap: 50))
        let none = LedgerFixture.task("none", LedgerFixture.terms("none", score: .none))
        try open(samples, name: "samples")
        try open(none, name: "none")
        try openRound(samples.task, cohort: [0, 1])
        try accept(0, task: samples.task, samples: 50)
        try accept(1, task: samples.task, samples: 7)
        try finishRound(samples.task)
        try close(samples.task)
        try close(none.task)
    }

    /// A deposit beyond the one at the task's opening.
    mutating func topUp(_ task: Digest, _ amount: UInt64, number: UInt32) throws {
        let deposit = Transfer(
            kind: .deposit,
            debit: try LedgerFixture.sponsor(),
            credit: .escrow(task),
            amount: amount,
            task: task,
            period: number
        )
        try add(.transfer(deposit))
    }
}
