import Attestation
import Ledger
import Testing

@Suite("Version 1: golden bytes")
struct Version1GoldenEntryTests {
    @Test("The log with everything in it still has the published bytes, hashes and balances")
    func golden() throws {
        let history = try Version1Writer.everything()
        #expect(try GoldenLog.published("everything.json") == GoldenLog(history.entries, history.state))
    }

    @Test("The published log replays with its signatures, and takes no more entries")
    func replay() throws {
        let golden = try GoldenLog.published("everything.json")
        let store = InMemoryLedgerStore(
            entries: try golden.stored, balances: try Version1Writer.everything().store.balances())
        let report = Replay.run(store: store, threads: 2)
        #expect(report.fault == nil)
        #expect(report.root.hex == golden.root)
        #expect(throws: LedgerError(.oldRules, "")) {
            try Journal.open(store: store, signer: LedgerFixture.signer())
        }
        #expect(throws: LedgerError(.oldRules, "")) {
            try Journal.create(
                store: InMemoryLedgerStore(),
                signer: LedgerFixture.signer(),
                genesis: Version1Fixture.genesis(),
                timeMs: 1
            )
        }
    }

    @Test("What only version 2 has is refused in a log of version 1")
    func otherRules() throws {
        var writer = try Version1Writer(participants: 1)
        let task = Version1Fixture.task()
        try writer.add(.taskOpened(task))
        let secret = LedgerFixture.secret()
        for body in [
            .unitsAssigned(UnitsAssigned(participant: 0, units: 4, change: 0)),
            .roundRevealed(RoundRevealed(task: task.task, round: 1, salt: .zero, metrics: LedgerFixture.metrics)),
            .taskSettled(TaskSettled(task: task.task, lossBefore: 0, lossAfter: 0, pool: 0, payable: 0, paid: 0)),
            .participantRegistered(ParticipantRegistered(publicKey: try LedgerFixture.key(5), units: 4)),
            .taskOpened(LedgerFixture.task("other")),
            .roundOpened(
                RoundOpened(
                    task: task.task, round: 1, baseModel: task.initialModel ?? .zero, deadlineMs: .max, cohort: [0],
                    boundSquared: 1)),
            .taskClosed(
                TaskClosed(task: task.task, rounds: 0, model: task.initialModel ?? .zero, reason: .byOperator)),
            .taskClosed(TaskClosed(task: task.task, rounds: 0, model: task.initialModel ?? .zero, secret: secret)),
        ] as [EntryBody] {
            #expect(throws: LedgerError(.otherRules, "")) { try writer.add(body) }
        }
        try writer.openRound(task.task, cohort: [0])
        #expect(throws: LedgerError(.otherRules, "")) { try writer.refuse(0, task: task.task, .copied) }
        let signed = try writer.statement(0, task: task.task).signed(by: LedgerFixture.signingKey(0))
        #expect(throws: LedgerError(.otherRules, "")) {
            try writer.add(.contributionAccepted(try ContributionAccepted(signed, squaredNorm: 1)))
        }
        let seal = try writer.seal(task.task)
        for outcome in [RoundSealed.Outcome.diverged, .abandoned] {
            let sealed = RoundSealed(
                task: task.task, round: 1, outcome: outcome, accepted: 0, totalWeight: 0, aggregate: nil,
                model: seal.model, serverState: nil, metrics: nil)
            #expect(throws: LedgerError(.otherRules, "")) { try writer.add(.roundSealed(sealed)) }
        }
    }
}
