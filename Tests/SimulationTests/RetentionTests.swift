import Audit
import Foundation
import Runs
import Simulation
import Testing

@Suite("Updates that are kept")
struct RetentionTests {
    private func run(_ rule: String, in room: RunRoom, _ change: (inout SmallScenario) -> Void = { _ in }) throws
        -> RunRoom.Run
    {
        var scenario = SmallScenario.mixed
        scenario.rounds = 6
        scenario.more = ["updates: { \(rule) }"]
        change(&scenario)
        return try room.run(scenario.text)
    }

    @Test("All: every round's updates are there, as many as were accepted")
    func all() throws {
        let room = try RunRoom()
        let run = try run("retain: all", in: room)
        #expect(run.folder.roundsOnDisk == Array(1...6))
        for round in run.summary.rounds.dropFirst() {
            let names = try FileManager.default.contentsOfDirectory(
                atPath: run.folder.updates(ofRound: round.round).path)
            #expect(names.count == round.accepted)
        }
        #expect(run.summary.retention?.retainedRounds == Array(1...6))
    }

    @Test("Last N of a task that pays value: their models are computed again, and it is said why their scores are not")
    func lastRounds() throws {
        let room = try RunRoom()
        let run = try run("retain: last, last: 2", in: room)
        #expect(run.folder.roundsOnDisk == [5, 6])
        let audit = try run.folder.audited()
        #expect(audit.faults == [])
        for round in audit.rounds.suffix(2) {
            guard case .aggregateOnly(let reason) = round.outcome else {
                Issue.record("round \(round.round): \(round.outcome)")
                continue
            }
            #expect(reason.contains("scores rest on"), "\(reason)")
        }
        #expect(audit.rounds { if case .digestOnly = $0 { true } else { false } } == [1, 2, 3, 4])
    }

    @Test("Last N of a task that pays samples: no score rests on earlier rounds, so the audit computes them again")
    func lastRoundsOfSamples() throws {
        let room = try RunRoom()
        let run = try run("retain: last, last: 2", in: room) { scenario in
            scenario.trust = "known"
            scenario.reward = "score: samples, pool: \"40\""
        }
        let audit = try run.folder.audited()
        #expect(audit.faults == [])
        #expect(audit.rounds { $0 == .rederived } == [5, 6])
        #expect(audit.rounds { if case .digestOnly = $0 { true } else { false } } == [1, 2, 3, 4])
    }

    @Test("Last N with rounds that had no quorum, and with momentum: what is kept can be computed again")
    func lastRoundsAndNoQuorum() throws {
        for server in ["momentum: 0", "momentum: 0.6"] {
            for last in 1...2 {
                let room = try RunRoom()
                let run = try run("retain: last, last: \(last)", in: room) { scenario in
                    scenario.rounds = 12
                    scenario.trust = "known"
                    scenario.cohort = "size: 4, quorum: 4, deadline_s: 2"
                    scenario.participants = ["kind: drop-out, count: 4, drop_out: 0.2"]
                    scenario.more += ["server: { \(server) }"]
                }
                #expect(run.summary.rounds.contains { $0.outcome == .noQuorum })
                let audit = try run.folder.audited()
                #expect(audit.faults == [], "\(server), last \(last)")
            }
        }
    }

    @Test("None: there are no updates, and the audit takes every round on its digests")
    func none() throws {
        let room = try RunRoom()
        let run = try run("retain: none", in: room)
        #expect(run.folder.roundsOnDisk == [])
        let audit = try run.folder.audited()
        #expect(audit.faults == [])
        #expect(audit.verdict == .unverified)
        #expect(audit.unverifiedUnits == audit.rewarded)
        #expect(audit.rounds { if case .digestOnly = $0 { true } else { false } } == Array(1...6))
    }

    @Test("A disk budget holds, and the newest rounds are those that stay")
    func budget() throws {
        let room = try RunRoom()
        let run = try run("retain: all, disk_budget_mb: 1", in: room) { $0.hidden = "256" }
        let retention = try #require(run.summary.retention)
        #expect(retention.storedBytes <= 1 << 20)
        #expect(!retention.retiredByBudget.isEmpty)
        #expect(run.folder.roundsOnDisk == retention.retainedRounds)
        #expect(
            run.folder.roundsOnDisk
                == Array(7 - max(run.folder.roundsOnDisk.count, 1)...6).filter { run.folder.roundsOnDisk.contains($0) })
        let audit = try run.folder.audited()
        #expect(audit.faults == [])
        let computed = audit.rounds { if case .aggregateOnly = $0 { true } else { $0 == .rederived } }
        #expect(computed.map(Int.init) == retention.retainedRounds)
    }
}
