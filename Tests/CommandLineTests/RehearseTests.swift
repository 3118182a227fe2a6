import Foundation
import Testing

@Suite("tributary rehearse")
struct RehearseTests {
    private static let scenario = """
        name: small
        seed: 3
        rounds: 6
        data: { source: digits, validation: 60, test: 60 }
        partition: { rule: iid }
        model: { hidden: [16] }
        training: { epochs: 1, batch: 10, learning_rate: 0.2 }
        cohort: { size: 3, quorum: 3, deadline_s: 600 }
        reward: { score: path-novel, pool_per_round: "10", epoch_rounds: 3, source: emission, cap: "1000" }
        participants:
          - { kind: honest, count: 2 }
          - { kind: replay, count: 1 }

        """

    @Test("Processes that are killed and started again give the model and the pay of the simulation")
    func killedProcessesGiveTheSimulatedModel() throws {
        let program = try Program()
        let file = program.folder.url.appendingPathComponent("small.yaml")
        try Data(Self.scenario.utf8).write(to: file)
        let outcome = try program.run("rehearse", file.path, "--kills", "3", "--seed", "2", "--json")
        #expect(outcome.exitCode == 0, "\(outcome.output)\n\(outcome.errors)")
        let data = try outcome.data()
        #expect(data["model"] as? String == data["simulated_model"] as? String)
        #expect((data["faults"] as? [String])?.isEmpty == true)
        #expect(data["rounds"] as? Int == 6)
        #expect((data["receipts"] as? Int ?? 0) > 0)
    }

    @Test("A scenario of more participants than processes are allowed is refused with a reason")
    func refusesTooManyParticipants() throws {
        let program = try Program()
        let file = program.folder.url.appendingPathComponent("large.yaml")
        let text = Self.scenario.replacingOccurrences(of: "honest, count: 2", with: "honest, count: 90")
        try Data(text.utf8).write(to: file)
        let outcome = try program.run("rehearse", file.path, "--json")
        #expect(outcome.exitCode == 1)
        let error = try outcome.json()["error"] as? [String: Any]
        #expect(error?["code"] as? String == "unsuitable")
    }
}
