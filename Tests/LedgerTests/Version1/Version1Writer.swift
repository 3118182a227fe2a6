import Attestation
import Ledger
import Testing

/// Writes a history entry by entry through the rules, checking every invariant after each entry.
struct Version1Writer {
    var state = LedgerState()
    var entries: [EncodedEntry] = []
    var timeMs: UInt64 = 1_700_000_000_000

    /// An empty log.
    init() {}

    /// A log with genesis, its grants and that many participants.
    init(participants: Int, genesis: Genesis? = nil) throws {
        try add(.genesis(try genesis ?? Version1Fixture.genesis()))
        try addDue()
        for number in 0..<participants {
            try add(
                .participantRegistered(
                    ParticipantRegistered(publicKey: try LedgerFixture.key(number), label: "participant \(number)")
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

    /// What a participant would sign now for a task's open round.
    func statement(
        _ number: Int,
        task: Digest,
        samples: UInt64 = 100,
        round: UInt32? = nil
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
            update: LedgerFixture.digest("update \(number) \(current)"),
            parameterCount: task.opening.parameterCount,
            sampleCount: samples,
            stepCount: 10,
            nonce: Array(LedgerFixture.digest("nonce \(number) \(current)").bytes.prefix(16)),
            previousContribution: state.participant(key)?.state.lastContribution ?? .zero,
            ledgerRootSeen: .zero
        )
    }

    mutating func openRound(_ task: Digest, cohort: [ParticipantNumber]) throws {
        let current = try #require(state.tasks[task])
        try add(
            .roundOpened(
                RoundOpened(
                    task: task,
                    round: current.roundsFinished + 1,
                    baseModel: current.model ?? .zero,
                    deadlineMs: timeMs + 10_000,
                    cohort: cohort
                )
            )
        )
    }

    mutating func accept(_ number: Int, task: Digest, samples: UInt64 = 100) throws {
        let signed = try statement(number, task: task, samples: samples).signed(by: LedgerFixture.signingKey(number))
        try add(.contributionAccepted(try ContributionAccepted(signed)))
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

    /// The seal that the rules accept now.
    func seal(_ task: Digest) throws -> RoundSealed {
        let current = try #require(state.tasks[task])
        let round = try #require(current.round)
        let isAggregated = round.accepted.count >= Int(current.opening.quorum)
        return RoundSealed(
            task: task,
            round: round.number,
            outcome: isAggregated ? .aggregated : .noQuorum,
            accepted: UInt32(round.accepted.count),
            totalWeight: round.totalWeight,
            aggregate: isAggregated && current.opening.reward?.score.isPath == true
                ? LedgerFixture.digest("sums \(round.number)") : nil,
            model: isAggregated ? LedgerFixture.digest("model \(task) \(round.number)") : current.model ?? .zero,
            serverState: isAggregated ? LedgerFixture.digest("momentum \(round.number)") : current.serverState,
            metrics: isAggregated ? LedgerFixture.metrics : nil
        )
    }

    /// The scores that the rules wait for, full scores as given and novel ones half of them.
    func scores(_ task: Digest, full: (ParticipantNumber) -> Int64) throws -> RoundScores {
        let round = try #require(state.tasks[task]?.round)
        return RoundScores(
            task: task,
            round: round.number,
            scores: round.toScore.map {
                ContributionScore(
                    participant: $0,
                    full: full($0),
                    novel: full($0) / 2,
                    samples: round.accepted[$0]?.samples ?? 0
                )
            }
        )
    }

    /// Seals the open round, scores it, and carries out what follows.
    mutating func finishRound(
        _ task: Digest,
        full: (ParticipantNumber) -> Int64 = { 1_000 * Int64($0 + 1) }
    ) throws {
        let seal = try seal(task)
        try add(.roundSealed(seal))
        if seal.outcome == .aggregated { try add(.scores(try scores(task, full: full))) }
        try addDue()
    }

    /// Settles, closes and returns what is left.
    mutating func close(_ task: Digest) throws {
        for body in try Version1Rules.closing(task, state) { try add(body) }
        let current = try #require(state.tasks[task])
        try add(.taskClosed(TaskClosed(task: task, rounds: current.roundsFinished, model: current.model ?? .zero)))
        try addDue()
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

    /// A history with every kind of entry: two tasks, one paid from emission by novel path score over epochs of two
    /// rounds and closed in the middle of an epoch, one sponsored by samples; refusals, a round without quorum.
    static func everything() throws -> Version1Writer {
        var writer = try Version1Writer(participants: 4)
        let emission = Version1Fixture.task("emission", score: .pathNovel, pool: 1_000_003, epochRounds: 2, quorum: 2)
        let sponsored = Version1Fixture.task(
            "sponsored",
            score: .samples,
            pool: 3_000_000,
            sponsor: try LedgerFixture.sponsor()
        )
        try writer.add(.taskOpened(emission))
        try writer.add(.taskOpened(sponsored))
        try writer.add(
            .transfer(
                Transfer(
                    kind: .deposit,
                    debit: try LedgerFixture.sponsor(),
                    credit: .escrow(sponsored.task),
                    amount: 5_000_000,
                    task: sponsored.task,
                    period: 1
                )
            )
        )
        for round in 0..<3 {
            try writer.openRound(emission.task, cohort: [0, 1, 3])
            try writer.accept(3, task: emission.task, samples: 10)
            try writer.refuse(2, task: emission.task, .notInvited)
            try writer.accept(1, task: emission.task, samples: 30)
            try writer.finishRound(emission.task) { round == 0 && $0 == 3 ? -500 : 1_000 * Int64($0) }
        }
        try writer.openRound(emission.task, cohort: [0, 1])
        try writer.accept(0, task: emission.task)
        try writer.finishRound(emission.task)
        try writer.add(.snapshot(writer.state.snapshot))
        for _ in 0..<2 {
            try writer.openRound(sponsored.task, cohort: [0, 1, 2])
            try writer.accept(0, task: sponsored.task, samples: 7)
            try writer.accept(2, task: sponsored.task, samples: 3)
            try writer.finishRound(sponsored.task)
        }
        try writer.openRound(emission.task, cohort: [1, 2])
        try writer.accept(1, task: emission.task)
        try writer.accept(2, task: emission.task)
        try writer.finishRound(emission.task)
        try writer.close(emission.task)
        try writer.close(sponsored.task)
        try writer.add(.snapshot(writer.state.snapshot))
        return writer
    }
}
