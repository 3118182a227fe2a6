import Attestation
import Ledger
import Testing

@Suite("Version 1: Every invalid change to a valid history is refused, with the right code at the right entry")
struct Version1InvalidMutationTests {
    /// Expects that a body is refused after the first `count` entries, and changes nothing.
    private func expectRefusal(
        _ body: EntryBody,
        after state: LedgerState,
        _ code: LedgerError.Code,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var state = state
        let before = state
        let entry = try EncodedEntry(
            sequence: state.count,
            previous: state.head,
            timeMs: state.lastTimeMs,
            body: body
        )
        do throws(LedgerError) {
            try LedgerRules.apply(entry, to: &state)
            Issue.record("\(body) was accepted", sourceLocation: sourceLocation)
        } catch {
            #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
            #expect(error.sequence == before.count, sourceLocation: sourceLocation)
        }
        #expect(state.count == before.count && state.head == before.head, sourceLocation: sourceLocation)
        #expect(state.tasks == before.tasks, sourceLocation: sourceLocation)
        #expect(state.participants == before.participants, sourceLocation: sourceLocation)
        #expect(BalancesTree.root(of: state.accounts) == BalancesTree.root(of: before.accounts))
    }

    /// The states before each entry of the history with everything in it.
    private func walk(_ body: (EncodedEntry, LedgerState) throws -> Void) throws {
        var state = LedgerState()
        for entry in try Version1Writer.everything().entries {
            try body(entry, state)
            try LedgerRules.apply(entry, to: &state)
        }
    }

    @Test("An entry with another number, predecessor, or earlier time is refused at its place")
    func chain() throws {
        try walk { encoded, state in
            let entry = encoded.entry
            var changed: [(Entry, LedgerError.Code)] = []
            func change(
                _ code: LedgerError.Code,
                sequence: UInt64? = nil,
                previous: Digest? = nil,
                timeMs: UInt64? = nil
            ) {
                changed.append(
                    (
                        Entry(
                            sequence: sequence ?? entry.sequence,
                            previous: previous ?? entry.previous,
                            timeMs: timeMs ?? entry.timeMs,
                            id: entry.id,
                            body: entry.body
                        ), code
                    )
                )
            }
            change(.wrongSequence, sequence: entry.sequence + 1)
            change(.wrongSequence, sequence: .max)
            change(.wrongPrevious, previous: LedgerFixture.digest("another"))
            if state.count > 0 {
                change(.wrongSequence, sequence: entry.sequence - 1)
                change(.wrongPrevious, previous: .zero)
                change(.timeReversed, timeMs: state.lastTimeMs - 1)
            }
            for (entry, code) in changed {
                var state = state
                do throws(LedgerError) {
                    try LedgerRules.apply(entry, leafHash: encoded.leafHash, to: &state)
                    Issue.record("\(entry) was accepted")
                } catch {
                    #expect(error.code == code)
                    #expect(error.sequence == encoded.entry.sequence)
                }
            }
        }
    }

    @Test("Any entry again, at any later place, is refused as a duplicate")
    func replayedEntries() throws {
        let history = try Version1Writer.everything()
        for entry in history.entries {
            try expectRefusal(entry.entry.body, after: history.state, .duplicateID)
        }
    }

    @Test("An entry left out makes the next one wrong, whichever it is")
    func leftOut() throws {
        let entries = try Version1Writer.everything().entries
        for missing in entries.indices.dropLast() {
            var state = LedgerState()
            for entry in entries[..<missing] { try LedgerRules.apply(entry, to: &state) }
            #expect(throws: LedgerError(.wrongSequence, "")) { try LedgerRules.apply(entries[missing + 1], to: &state) }
        }
    }

    @Test("Genesis comes first and only there, and must make sense")
    func genesis() throws {
        let empty = LedgerState()
        let good = try Version1Fixture.genesis()
        let sponsor = try LedgerFixture.sponsor()
        func genesis(
            origin: String = LedgerFixture.origin,
            asset: String = "TRIB",
            cap: UInt64 = 100,
            version: UInt32 = 1,
            grants: [Genesis.Grant] = []
        ) -> EntryBody {
            .genesis(
                Genesis(
                    origin: origin,
                    coordinatorKey: good.coordinatorKey,
                    asset: asset,
                    cap: cap,
                    rulesVersion: version,
                    grants: grants
                )
            )
        }
        for body in [
            genesis(origin: ""), genesis(origin: "a b"), genesis(origin: "a+b"), genesis(asset: ""),
            genesis(asset: "T B"), genesis(cap: 0), genesis(cap: .max), genesis(version: 0), genesis(version: 3),
            genesis(grants: [Genesis.Grant(account: sponsor, amount: 101)]),
            genesis(grants: [Genesis.Grant(account: sponsor, amount: 0)]),
            genesis(grants: [Genesis.Grant(account: .issuance, amount: 1)]),
            genesis(grants: [.init(account: sponsor, amount: 1), .init(account: sponsor, amount: 2)]),
            genesis(grants: [
                .init(account: sponsor, amount: 90), .init(account: try AccountName("sponsor/b"), amount: 11),
            ]),
        ] { try expectRefusal(body, after: empty, .badGenesis) }
        let registered = EntryBody.participantRegistered(ParticipantRegistered(publicKey: try LedgerFixture.key(0)))
        try expectRefusal(registered, after: empty, .notGenesis)
        try expectRefusal(genesis(), after: try Version1Writer(participants: 0).state, .genesisAgain)
    }

    @Test("A participant registers once; a task must be its configuration's digest and within the limits")
    func registrationsAndTasks() throws {
        var writer = try Version1Writer(participants: 1)
        let again = ParticipantRegistered(publicKey: try LedgerFixture.key(0), label: "another")
        try expectRefusal(.participantRegistered(again), after: writer.state, .participantExists)
        let good = Version1Fixture.task()
        func task(
            task: Digest? = nil,
            configuration: [UInt8]? = nil,
            count: UInt64 = 1,
            bits: UInt32 = 24,
            quorum: UInt32 = 1,
            epochRounds: UInt32 = 1,
            sponsor: AccountName? = nil
        ) -> EntryBody {
            .taskOpened(
                TaskOpened(
                    task: task ?? good.task,
                    configuration: configuration ?? good.configuration,
                    initialModel: .zero,
                    parameterCount: count,
                    gridFractionBits: bits,
                    validationRoot: .zero,
                    reward: RewardRule(score: .path, poolPerRound: 1, epochRounds: epochRounds, sponsor: sponsor),
                    quorum: quorum
                )
            )
        }
        for body in [
            task(task: .zero), task(configuration: good.configuration + [10]), task(count: 0),
            task(count: LedgerLimits.parameterCount + 1), task(bits: 7), task(bits: 31), task(quorum: 0),
            task(quorum: 16_385), task(epochRounds: 0), task(epochRounds: 65_537), task(sponsor: .issuance),
            task(task: SHA256.hash([0xFF]), configuration: [0xFF]),
        ] { try expectRefusal(body, after: writer.state, .badTask) }
        try writer.add(.taskOpened(good))
        try expectRefusal(task(), after: writer.state, .taskExists)
    }

    @Test("A round opens in its turn, from the current model, with a cohort of registered participants")
    func rounds() throws {
        var writer = try Version1Writer(participants: 3)
        let task = Version1Fixture.task()
        try writer.add(.taskOpened(task))
        let now = writer.state.lastTimeMs
        func round(
            _ id: Digest? = nil,
            _ number: UInt32 = 1,
            _ model: Digest? = nil,
            _ deadline: UInt64 = .max,
            _ cohort: [ParticipantNumber] = [0, 2]
        ) -> EntryBody {
            .roundOpened(
                RoundOpened(
                    task: id ?? task.task,
                    round: number,
                    baseModel: model ?? task.initialModel ?? .zero,
                    deadlineMs: deadline,
                    cohort: cohort
                )
            )
        }
        for (body, code) in [
            (round(.zero), .unknownTask), (round(nil, 0), .wrongRound), (round(nil, 2), .wrongRound),
            (round(nil, 1, .zero), .wrongModel), (round(nil, 1, nil, now - 1), .badDeadline),
            (round(nil, 1, nil, .max, []), .wrongCohort), (round(nil, 1, nil, .max, [1, 0]), .wrongCohort),
            (round(nil, 1, nil, .max, [1, 1]), .wrongCohort), (round(nil, 1, nil, .max, [0, 3]), .wrongCohort),
            (round(nil, 1, nil, .max, Array(0...16_384)), .wrongCohort),
        ] as [(EntryBody, LedgerError.Code)] { try expectRefusal(body, after: writer.state, code) }
        try writer.openRound(task.task, cohort: [0, 2])
        try expectRefusal(round(), after: writer.state, .roundOpen)
        try expectRefusal(
            .taskClosed(TaskClosed(task: task.task, rounds: 0, model: task.initialModel ?? .zero)),
            after: writer.state,
            .roundOpen
        )
    }

    @Test("Seals and scores say exactly what the entries before them gave")
    func sealsAndScores() throws {
        var writer = try Version1Writer(participants: 3)
        let task = Version1Fixture.task(quorum: 2)
        try writer.add(.taskOpened(task))
        let early = RoundSealed(
            task: task.task,
            round: 1,
            outcome: .noQuorum,
            accepted: 0,
            totalWeight: 0,
            aggregate: nil,
            model: task.initialModel ?? .zero,
            serverState: nil,
            metrics: nil
        )
        try expectRefusal(.roundSealed(early), after: writer.state, .roundNotOpen)
        try writer.openRound(task.task, cohort: [0, 1, 2])
        try writer.accept(0, task: task.task)
        try checkSeals(writer, task.task, isAggregated: false)
        try writer.accept(2, task: task.task, samples: 5)
        try checkSeals(writer, task.task, isAggregated: true)
        try expectRefusal(
            .scores(RoundScores(task: task.task, round: 1, scores: [])),
            after: writer.state,
            .roundNotOpen
        )
        try writer.add(.roundSealed(try writer.seal(task.task)))
        try checkScores(writer, task.task)
    }

    @Test("A seal has the sums' digest if and only if the task does not pay samples")
    func aggregates() throws {
        for score in RewardRule.Score.allCases {
            var writer = try Version1Writer(participants: 2)
            let task = Version1Fixture.task(score: score)
            try writer.add(.taskOpened(task))
            try writer.openRound(task.task, cohort: [0, 1])
            try writer.accept(0, task: task.task)
            let good = try writer.seal(task.task)
            let bad = RoundSealed(
                task: task.task, round: 1, outcome: .aggregated, accepted: good.accepted,
                totalWeight: good.totalWeight,
                aggregate: good.aggregate == nil ? LedgerFixture.digest("sums") : nil, model: good.model,
                serverState: good.serverState, metrics: good.metrics)
            #expect((good.aggregate == nil) == (score == .samples))
            try expectRefusal(.roundSealed(bad), after: writer.state, .wrongOutcome)
            try writer.add(.roundSealed(good))
        }
    }

    private func checkSeals(_ writer: Version1Writer, _ task: Digest, isAggregated: Bool) throws {
        let good = try writer.seal(task)
        func seal(
            round: UInt32 = 1,
            outcome: RoundSealed.Outcome? = nil,
            accepted: UInt32? = nil,
            weight: UInt64? = nil,
            aggregate: Digest?? = nil,
            model: Digest? = nil,
            serverState: Digest?? = nil,
            metrics: RoundMetrics?? = nil
        ) -> EntryBody {
            .roundSealed(
                RoundSealed(
                    task: task,
                    round: round,
                    outcome: outcome ?? good.outcome,
                    accepted: accepted ?? good.accepted,
                    totalWeight: weight ?? good.totalWeight,
                    aggregate: aggregate ?? good.aggregate,
                    model: model ?? good.model,
                    serverState: serverState ?? good.serverState,
                    metrics: metrics ?? good.metrics
                )
            )
        }
        try expectRefusal(seal(round: 2), after: writer.state, .wrongRound)
        try expectRefusal(seal(accepted: 3), after: writer.state, .wrongCounts)
        try expectRefusal(seal(weight: good.totalWeight - 1), after: writer.state, .wrongCounts)
        try expectRefusal(
            seal(outcome: isAggregated ? .noQuorum : .aggregated),
            after: writer.state,
            .wrongOutcome
        )
        let digest = LedgerFixture.digest("something")
        if isAggregated {
            try expectRefusal(seal(aggregate: .some(nil)), after: writer.state, .wrongOutcome)
            try expectRefusal(seal(metrics: .some(nil)), after: writer.state, .wrongOutcome)
        } else {
            try expectRefusal(seal(aggregate: digest), after: writer.state, .wrongOutcome)
            try expectRefusal(seal(metrics: LedgerFixture.metrics), after: writer.state, .wrongOutcome)
            try expectRefusal(seal(model: digest), after: writer.state, .wrongModel)
            try expectRefusal(seal(serverState: digest), after: writer.state, .wrongModel)
        }
    }

    private func checkScores(_ writer: Version1Writer, _ task: Digest) throws {
        let good = try writer.scores(task) { _ in 1 }.scores
        func scores(_ scores: [ContributionScore], round: UInt32 = 1) -> EntryBody {
            .scores(RoundScores(task: task, round: round, scores: scores))
        }
        func score(_ participant: ParticipantNumber, _ samples: UInt64) -> ContributionScore {
            ContributionScore(participant: participant, full: 1, novel: 1, samples: samples)
        }
        try expectRefusal(scores(good, round: 2), after: writer.state, .wrongRound)
        for wrong in [
            [], good + good, good.reversed(), [good[1]], [good[0], score(1, 5)], [good[0], score(2, 6)],
            [good[0], good[0]],
        ] { try expectRefusal(scores(wrong), after: writer.state, .wrongScores) }
        let again = RoundSealed(
            task: task,
            round: 1,
            outcome: .aggregated,
            accepted: 2,
            totalWeight: 105,
            aggregate: .zero,
            model: .zero,
            serverState: nil,
            metrics: LedgerFixture.metrics
        )
        try expectRefusal(.roundSealed(again), after: writer.state, .roundNotOpen)
    }

    @Test("A sum of scores past 64 bits is refused, not wrapped")
    func scoreOverflow() throws {
        var writer = try Version1Writer(participants: 1)
        let task = Version1Fixture.task(epochRounds: 3)
        try writer.add(.taskOpened(task))
        try writer.openRound(task.task, cohort: [0])
        try writer.accept(0, task: task.task)
        try writer.finishRound(task.task) { _ in .max }
        try writer.openRound(task.task, cohort: [0])
        try writer.accept(0, task: task.task)
        try writer.add(.roundSealed(try writer.seal(task.task)))
        try expectRefusal(.scores(try writer.scores(task.task) { _ in 1 }), after: writer.state, .scoreOverflow)
    }

    @Test("Transfers that the rules do not derive are refused, and deposits need the sponsor's money and its escrow")
    func transfers() throws {
        var writer = try Version1Writer(participants: 1)
        let sponsor = try LedgerFixture.sponsor()
        let (task, emission) = (Version1Fixture.task(sponsor: sponsor), Version1Fixture.task("emission"))
        try writer.add(.taskOpened(task))
        try writer.add(.taskOpened(emission))
        let thief = AccountName.participant(try LedgerFixture.key(0))
        func transfer(
            _ kind: Transfer.Kind = .deposit,
            _ debit: AccountName? = nil,
            _ credit: AccountName? = nil,
            _ amount: UInt64 = 1,
            _ id: Digest? = task.task
        ) -> EntryBody {
            .transfer(
                Transfer(
                    kind: kind,
                    debit: debit ?? sponsor,
                    credit: credit ?? .escrow(task.task),
                    amount: amount,
                    task: id,
                    period: 0
                )
            )
        }
        for kind in Transfer.Kind.allCases where kind != .deposit {
            try expectRefusal(transfer(kind, .issuance, thief), after: writer.state, .notDue)
        }
        for (body, code) in [
            (transfer(.deposit, nil, thief), .wrongAccounts), (transfer(.deposit, thief), .wrongAccounts),
            (transfer(.deposit, .issuance), .wrongAccounts),
            (transfer(.deposit, nil, .escrow(emission.task), 1, emission.task), .wrongAccounts),
            (transfer(.deposit, nil, nil, 1, nil), .unknownTask),
            (transfer(.deposit, nil, nil, 1, .zero), .unknownTask),
            (transfer(.deposit, nil, nil, 50_000_001), .exceedsCredits),
            (transfer(.deposit, nil, nil, .max), .exceedsCredits),
            (
                .epochSettled(EpochSettled(task: task.task, epoch: 1, lastRound: 0, pool: 0, paid: 0, carried: 0)),
                .notDue
            ),
        ] as [(EntryBody, LedgerError.Code)] { try expectRefusal(body, after: writer.state, code) }
    }

    @Test("Due entries changed in any field are out of turn; closes and snapshots must agree with the state")
    func derivedEntries() throws {
        try walk { encoded, state in
            switch encoded.entry.body {
            case .transfer(let right) where state.hasDue:
                for changed in [
                    Transfer(
                        kind: right.kind,
                        debit: right.debit,
                        credit: right.credit,
                        amount: right.amount + 1,
                        task: right.task,
                        period: right.period
                    ),
                    Transfer(
                        kind: right.kind,
                        debit: right.debit,
                        credit: right.credit,
                        amount: right.amount,
                        task: right.task,
                        period: right.period + 1
                    ),
                    Transfer(
                        kind: right.kind,
                        debit: right.debit,
                        credit: .pool(.zero),
                        amount: right.amount,
                        task: right.task,
                        period: right.period
                    ),
                    Transfer(
                        kind: .burn,
                        debit: .issuance,
                        credit: right.credit,
                        amount: right.amount,
                        task: nil,
                        period: right.period
                    ),
                ] { try expectRefusal(.transfer(changed), after: state, .outOfTurn) }
            case .epochSettled(let right):
                for (paid, epoch) in [(right.paid + 1, right.epoch), (right.paid, right.epoch + 1)] {
                    let changed = EpochSettled(
                        task: right.task,
                        epoch: epoch,
                        lastRound: right.lastRound,
                        pool: right.pool,
                        paid: paid,
                        carried: right.carried
                    )
                    try expectRefusal(.epochSettled(changed), after: state, state.hasDue ? .outOfTurn : .notDue)
                }
            case .taskClosed(let right):
                let rounds = TaskClosed(task: right.task, rounds: right.rounds + 1, model: right.model)
                let model = TaskClosed(task: right.task, rounds: right.rounds, model: .zero)
                try expectRefusal(.taskClosed(rounds), after: state, .wrongCounts)
                try expectRefusal(.taskClosed(model), after: state, .wrongModel)
            case .snapshot(let right):
                for changed in [
                    Snapshot(balancesRoot: .zero, supply: right.supply, accounts: right.accounts),
                    Snapshot(balancesRoot: right.balancesRoot, supply: right.supply + 1, accounts: right.accounts),
                    Snapshot(balancesRoot: right.balancesRoot, supply: right.supply, accounts: right.accounts - 1),
                ] { try expectRefusal(.snapshot(changed), after: state, .wrongSnapshot) }
            default: break
            }
        }
    }
}
