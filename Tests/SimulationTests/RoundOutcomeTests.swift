import Attestation
import Audit
import Federation
import Ledger
import Runs
import Simulation
import Testing

@Suite("What becomes of rounds")
struct RoundOutcomeTests {
    @Test("Drop-outs, late and repeated messages: each refusal has its reason, the ledger verifies, the audit is clean")
    func roughWorld() throws {
        let room = try RunRoom()
        let run = try room.run(SmallScenario.rough.text)
        let refusals = run.summary.refusals
        #expect(refusals["duplicate", default: 0] > 0)
        #expect(refusals["stale-round", default: 0] > 0)
        #expect(Set(refusals.keys).isSubset(of: ["duplicate", "stale-round", "late", "round-full"]))
        let (report, entries) = try run.folder.replayed()
        #expect(report.fault == nil)
        let refused = entries.compactMap { entry in
            if case .contributionRefused(let body) = entry.body { body.reason.name } else { nil }
        }
        // What is refused twice for one reason is on the ledger once.
        #expect(Set(refused) == Set(refusals.keys))
        #expect(refused.count <= refusals.values.reduce(0, +))
        #expect(run.summary.participants.contains { $0.droppedOut > 0 })
        #expect(try run.folder.audited().faults == [])
    }

    @Test("Nobody is paid for a refused message, and a round takes no more than the cohort's size")
    func overSelection() throws {
        let room = try RunRoom()
        let run = try room.run(SmallScenario.rough.text)
        for round in run.summary.rounds {
            #expect(round.accepted <= 4)
            #expect(round.invited == 6)
        }
        for participant in run.summary.participants where participant.accepted == 0 {
            #expect(participant.paid == 0)
        }
    }

    @Test("A round without quorum pays nobody and leaves the model as it was")
    func noQuorum() throws {
        let room = try RunRoom()
        var scenario = SmallScenario()
        scenario.cohort = "size: 4, quorum: 4, deadline_s: 2"
        scenario.participants = ["kind: drop-out, count: 4, drop_out: 0.999"]
        let run = try room.run(scenario.text)
        #expect(run.summary.rounds.allSatisfy { $0.outcome == .noQuorum && $0.paid == 0 })
        #expect(run.summary.paidTotal == 0)
        let (report, entries) = try run.folder.replayed()
        #expect(report.fault == nil)
        let models = entries.compactMap { entry in
            switch entry.body {
            case .roundOpened(let body) where body.round == 1: body.baseModel
            case .roundSealed(let body): body.model
            default: nil
            }
        }
        #expect(models.count == 4)
        #expect(Set(models).count == 1)
        #expect(run.summary.modelDigest == models[0].hex)
        let audit = try run.folder.audited()
        #expect(audit.faults == [])
        #expect(audit.rounds { $0 == .noQuorum } == [1, 2, 3])
    }

    @Test("Rounds with and without quorum in turn: pay comes from the sealed ones alone")
    func someQuorum() throws {
        let room = try RunRoom()
        var scenario = SmallScenario()
        scenario.rounds = 10
        scenario.cohort = "size: 4, quorum: 3, deadline_s: 2"
        scenario.participants = ["kind: drop-out, count: 4, drop_out: 0.4"]
        let run = try room.run(scenario.text)
        let sealed = run.summary.rounds.filter { $0.outcome == .aggregated }.count
        #expect((1...9).contains(sealed))
        #expect(run.summary.pooledTotal == 30_000_000)
        #expect(run.summary.paidTotal > 0)
        #expect(run.summary.paidTotal + run.summary.carried == run.summary.pooledTotal)
        for participant in run.summary.participants {
            #expect(participant.perRoundFull.compactMap(\.self).count <= participant.accepted)
        }
        #expect(try run.folder.audited().faults == [])
    }

    @Test("A sponsor's escrow holds the whole pool and pays, the rest goes back, and all balances sum to zero")
    func sponsor() throws {
        let room = try RunRoom()
        var scenario = SmallScenario()
        scenario.reward = #"pool: "100", target_drop: 6, source: sponsor, sponsor: acme, cap: "1000""#
        let run = try room.run(scenario.text)
        #expect(run.summary.paidTotal > 0)
        #expect(run.summary.paidTotal < 50_000_000, "half the target is not reached")
        let (report, _) = try run.folder.replayed()
        #expect(report.fault == nil)
        let accounts = report.state.accounts
        let sums = accounts.all.reduce(Int64(0)) { sum, account in
            sum + Int64(account.balance.creditsPosted) - Int64(account.balance.debitsPosted)
        }
        #expect(sums == 0)
        let sponsor = accounts.balance(of: try AccountName("sponsor/acme"))
        #expect(sponsor.creditsPosted - sponsor.debitsPosted == 100_000_000 - run.summary.paidTotal)
        let task = try #require(report.state.taskOrder.first)
        #expect(accounts.balance(of: .escrow(task)).available == 0)
        #expect(accounts.balance(of: .pool(task)).available == 0)
        #expect(try run.folder.audited().faults == [])
    }

    @Test("Every score and trust gives a run that audits cleanly", arguments: ["samples", "known", "open"])
    func scores(rule: String) throws {
        let room = try RunRoom()
        var scenario = SmallScenario.mixed
        scenario.trust = rule == "open" ? "open" : "known"
        // A target that is reached, so that the whole pool is paid.
        scenario.reward = rule == "samples" ? "score: samples, pool: \"40\"" : "pool: \"40\", target_drop: 0.5"
        let run = try room.run(scenario.text)
        let pay = run.summary.payByLabel
        #expect(run.summary.paidTotal > 39_000_000)
        switch rule {
        case "samples": #expect(pay["zero-01", default: 0] > 0, "by samples, whoever says so is paid")
        case "known": #expect(pay["replay-01", default: 0] > pay["zero-01", default: 0])
        default: #expect(pay["replay-01", default: .max] < run.summary.paidTotal / 100)
        }
        #expect(try run.folder.audited().faults == [])
        #expect(try run.folder.audited().rounds { $0 == .rederived } == [1, 2, 3, 4])
    }

    @Test(
        "Server momentum and learning rate leave runs that audit cleanly",
        arguments: ["learning_rate: 0.5", "momentum: 0.9", "learning_rate: 0.7, momentum: 0.5"])
    func server(rule: String) throws {
        let room = try RunRoom()
        var scenario = SmallScenario.mixed
        scenario.rounds = 5
        scenario.more = ["server: { \(rule) }"]
        let run = try room.run(scenario.text)
        let audit = try run.folder.audited()
        #expect(audit.faults == [])
        #expect(audit.rounds { $0 == .rederived } == [1, 2, 3, 4, 5])
    }

    @Test("A task that reaches its accuracy ends early, and is paid for what it learned")
    func earlyStop() throws {
        let room = try RunRoom()
        var scenario = SmallScenario()
        scenario.rounds = 50
        scenario.more = ["stop: { accuracy: 0.3 }"]
        let run = try room.run(scenario.text)
        #expect(run.summary.rounds.count < 50)
        #expect(run.summary.accuracy >= 0.3)
        #expect(run.summary.paidTotal < 30_000_000, "the target was not reached")
        #expect(run.summary.paidTotal > 0)
        #expect(try run.folder.audited().faults == [])
    }

    @Test("The files for people agree with the summary")
    func books() throws {
        let room = try RunRoom()
        let run = try room.run(SmallScenario.mixed.text)
        #expect(try run.folder.readSummary() == run.summary)
        let metrics = try MetricsFile.read(run.folder.metrics)
        #expect(metrics.map(\.round) == [1, 2, 3, 4])
        #expect(metrics.map(\.testAccuracy) == run.summary.rounds.map(\.testAccuracy))
        #expect(metrics.map(\.validationLossAfter) == run.summary.rounds.map(\.validationLossAfter))
        #expect(run.summary.rounds.map(\.round) == [1, 2, 3, 4])
        let report = String(
            decoding: try run.folder.read(run.folder.report, limit: 1 << 24), as: UTF8.self)
        #expect(report.contains("replay-noise-01"))
        let participants = run.summary.participants
        #expect(participants.reduce(0) { $0 + $1.paid } == run.summary.paidTotal)
        for participant in participants {
            #expect(participant.perRoundFull.count == 4)
            #expect(participant.perRoundFull.reduce(0) { $0 + ($1 ?? 0) } == participant.fullScore)
        }
    }
}
