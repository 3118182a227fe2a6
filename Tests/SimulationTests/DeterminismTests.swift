import Foundation
import Runs
import Simulation
import Testing

@Suite("A run is a function of its scenario")
struct DeterminismTests {
    @Test("One thread and two give the same model and the same ledger", arguments: [SmallScenario.mixed, .rough])
    func threads(scenario: SmallScenario) throws {
        let room = try RunRoom()
        let one = try room.run(scenario.text, threads: 1).summary
        let two = try room.run(scenario.text, threads: 2).summary
        #expect(one.modelDigest == two.modelDigest)
        #expect(one.ledgerRoot == two.ledgerRoot)
        #expect(one.ledgerEntries == two.ledgerEntries)
        #expect(one.payByLabel == two.payByLabel)
    }

    @Test("So does one more thread than there is work for")
    func manyThreads() throws {
        let room = try RunRoom()
        var scenario = SmallScenario()
        scenario.hidden = "12"
        scenario.rounds = 2
        let one = try room.run(scenario.text, threads: 1).summary
        let many = try room.run(scenario.text, threads: 7).summary
        #expect(one.ledgerRoot == many.ledgerRoot)
    }

    @Test("Shuffled arrivals give the same model and the same pay, on another ledger")
    func arrivals() throws {
        let room = try RunRoom()
        var scenario = SmallScenario.mixed
        scenario.network = "latency_ms: 40, jitter_ms: 900"
        let first = try room.run(scenario.text).summary
        for seed in 1...3 {
            scenario.network = "latency_ms: 40, jitter_ms: 900, seed: \(seed)"
            let shuffled = try room.run(scenario.text).summary
            #expect(shuffled.modelDigest == first.modelDigest)
            #expect(shuffled.payByLabel == first.payByLabel)
            #expect(shuffled.ledgerRoot != first.ledgerRoot)
            #expect(shuffled.accuracy == first.accuracy)
        }
    }

    @Test("Another seed gives another model")
    func seeds() throws {
        let room = try RunRoom()
        var scenario = SmallScenario()
        let first = try room.run(scenario.text).summary
        scenario.seed = 2
        let other = try room.run(scenario.text).summary
        #expect(other.modelDigest != first.modelDigest)
        #expect(other.ledgerRoot != first.ledgerRoot)
    }

    @Test("The resolved scenario in the run folder gives the same run again")
    func resolved() throws {
        let room = try RunRoom()
        let first = try room.run(SmallScenario.rough.text)
        let resolved = try String(contentsOf: first.folder.scenario, encoding: .utf8)
        let again = try room.run(resolved)
        #expect(again.summary.ledgerRoot == first.summary.ledgerRoot)
        #expect(try String(contentsOf: again.folder.scenario, encoding: .utf8) == resolved)
    }
}
