import Audit
import Runs
import Simulation
import Testing

@Suite("The default scenario")
struct DefaultScenarioTests {
    @Test("Accuracy is at least 0.93, and no cheat earns more than 3 % of an honest share")
    func promise() throws {
        let room = try RunRoom()
        let run = try room.run(Scenario.defaultText)
        #expect(run.summary.accuracy >= 0.93)
        #expect(run.summary.rounds.count == 30)
        let cheats = run.summary.participants.filter(\.cheats)
        #expect(cheats.count == 5)
        for cheat in cheats {
            #expect((cheat.shareOfHonestMean ?? 1) <= 0.03, "\(cheat.label) earned \(cheat.paid)")
        }
        #expect(run.summary.paidTotal > 2_999_000_000)
        #expect(try run.folder.audited().faults == [])
    }
}
