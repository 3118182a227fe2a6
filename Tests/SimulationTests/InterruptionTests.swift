import Audit
import Foundation
import Ledger
import Runs
import Simulation
import Testing

@Suite("Runs that are stopped")
struct InterruptionTests {
    @Test("A stop leaves a ledger that verifies and a folder that audits cleanly", arguments: [0, 1, 3])
    func stop(rounds: Int) throws {
        let room = try RunRoom()
        var scenario = SmallScenario.mixed
        scenario.rounds = 6
        let (simulator, folder) = try room.simulator(scenario.text) { $0 >= rounds }
        #expect(throws: SimulationError(.interrupted, "")) { try simulator.run() }
        let (report, entries) = try folder.replayed()
        #expect(report.fault == nil)
        let sealed = entries.filter { if case .roundSealed = $0.body { true } else { false } }
        #expect(sealed.count == rounds)
        let audit = try folder.audited()
        #expect(audit.faults == [])
        #expect(audit.verdict == .ok, "nothing is paid before the close: \(audit.gaps)")
        // The validation set stays secret: sums and models are computed again, metrics and scores are not.
        for round in audit.rounds.prefix(rounds) {
            guard case .aggregateOnly(let reason) = round.outcome else {
                Issue.record("round \(round.round): \(round.outcome)")
                continue
            }
            #expect(reason.contains("revealed when the task is closed"))
        }
        #expect(audit.rounds { if case .aggregateOnly = $0 { true } else { false } }.count == rounds)
        #expect(try folder.readSummary().rounds.count == rounds)
    }

    @Test("A stop in the middle of a round says so, and the audit does not call it a round without quorum")
    func midRound() throws {
        let room = try RunRoom()
        var asked = 0
        let (simulator, folder) = try room.simulator(SmallScenario.mixed.text) { rounds in
            asked += rounds == 1 ? 1 : 0
            return asked > 4
        }
        #expect(throws: SimulationError(.interrupted, "")) { try simulator.run() }
        let audit = try folder.audited()
        #expect(audit.faults == [])
        #expect(audit.rounds.map(\.round) == [1, 2])
        guard case .aggregateOnly = audit.rounds[0].outcome else {
            Issue.record("\(audit.rounds[0].outcome)")
            return
        }
        guard case .digestOnly(let reason) = audit.rounds[1].outcome else {
            Issue.record("\(audit.rounds[1].outcome)")
            return
        }
        #expect(reason.contains("not sealed"))
    }
}
