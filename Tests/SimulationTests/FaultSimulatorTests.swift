import Simulation
import Testing

@Suite("A world of faults")
struct FaultSimulatorTests {
    @Test("A hundred seeds: nothing is lost, invented or paid twice, and every task is closed")
    func manySeeds() {
        let outcome = FaultCampaign.run(firstSeed: 1, count: 100, threads: 2)
        #expect(outcome.seeds == 100)
        for failure in outcome.failures {
            #expect(Bool(false), "tributary simulate --faults --seed \(failure.seed): \(failure.violation ?? "")")
        }
        // The faults did strike.
        let tally = outcome.tally
        #expect(tally.coordinatorCrashes > 50 && tally.agentCrashes > 50 && tally.failedWrites > 50)
        #expect(tally.droppedMessages > 100 && tally.duplicatedMessages > 100 && tally.clockJumps > 10)
        #expect(tally.roundsAggregated > 100 && tally.accepted > 200 && tally.refused > 10)
    }

    @Test("A seed gives the same world again, to the last event", arguments: [3, 14, 15] as [UInt64])
    func determinism(seed: UInt64) throws {
        let first = try FaultSimulator(seed: seed).run()
        let second = try FaultSimulator(seed: seed).run()
        #expect(first.traceDigest == second.traceDigest)
        #expect(first.tally == second.tally)
        #expect(try FaultSimulator(seed: seed + 1).run().traceDigest != first.traceDigest)
    }

    /// The violations that some seeds' worlds show with a party broken on purpose.
    private func violations(_ sabotage: FaultSimulator.Sabotage, seeds: ClosedRange<UInt64>) throws -> [String] {
        try seeds.compactMap { try FaultSimulator(seed: $0, sabotage: sabotage).run().violation }
    }

    @Test("A ledger's disk that loses its last commit in a crash is caught")
    func forgetfulLedger() throws {
        let found = try violations(.diskForgetsCommits, seeds: 1...30)
        #expect(found.contains { $0.contains("entries were acknowledged") })
    }

    @Test("A disk that does not keep models is caught")
    func forgetfulVault() throws {
        #expect(!(try violations(.diskForgetsModels, seeds: 1...3)).isEmpty)
    }

    @Test("An agent that signs a second statement for a round is caught")
    func agentSignsAgain() throws {
        let found = try violations(.agentSignsAgain, seeds: 1...30)
        #expect(found.contains { $0.contains("signed two statements") })
    }
}
