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
        trust: open
        reward: { score: value, pool: "60", target_drop: 2, source: emission, cap: "1000" }
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
        #expect(data["kills_asked"] as? Int == 3 && data["seed"] as? Int == 2)
        let kills = (data["coordinator_kills"] as? Int ?? 0, data["agent_kills"] as? Int ?? 0)
        let summary = try Self.summary(data)
        #expect(summary.hasPrefix("OK: kills recovered: \(kills.0) of 2 of the coordinator, \(kills.1) of 1 of agents"))
        #expect(summary.contains("model equal to the simulated one; seed 2; 6 rounds in "))
    }

    /// The line that `./run drill` ends with.
    private static func summary(_ data: [String: Any]) throws -> String {
        let coordinator = URL(fileURLWithPath: data["coordinator"] as? String ?? "")
        return try String(
            contentsOf: coordinator.deletingLastPathComponent().appendingPathComponent("summary"), encoding: .utf8)
    }

    @Test("Links that fail and disks that are full give the model and the pay of the simulation")
    func failingLinksAndFullDisks() throws {
        let program = try Program()
        let file = program.folder.url.appendingPathComponent("small.yaml")
        try Data(Self.scenario.replacingOccurrences(of: "rounds: 6", with: "rounds: 12").utf8).write(to: file)
        let outcome = try program.run(
            "rehearse", file.path, "--links", "12", "--disks", "2", "--seed", "4", "--json")
        #expect(outcome.exitCode == 0, "\(outcome.output)\n\(outcome.errors)")
        let data = try outcome.data()
        #expect(data["model"] as? String == data["simulated_model"] as? String)
        #expect((data["faults"] as? [String])?.isEmpty == true)
        #expect(data["rounds"] as? Int == 12)
        #expect((data["link_faults"] as? [String: Int] ?? [:]).values.reduce(0, +) > 0)
        // Where nothing can be mounted, that is said, and the rest is done.
        let fillings = (data["coordinator_fillings"] as? Int ?? 0) + (data["agent_fillings"] as? Int ?? 0)
        let summary = try Self.summary(data)
        #expect(summary.contains("disks filled: \(fillings) of 2"), "\(summary)")
        #expect(fillings > 0 || outcome.errors.contains("no disks are filled"))
        if let reason = data["disks_unfilled"] as? String {
            #expect(fillings == 0 && summary.contains("(\(reason))"), "\(summary)")
        }
    }

    @Test(
        "What could not be compared, or has no bounds, is refused before anything is started",
        arguments: [
            ("quorum: 3", "quorum: 2", ["--links", "3"], 1, "unsuitable"),
            ("deadline_s: 600", "deadline_s: 5", ["--disks", "1"], 1, "unsuitable"),
            ("seed: 3", "seed: 3", ["--links", "-1"], 64, "usage"),
            ("seed: 3", "seed: 3", ["--disks", "10001"], 64, "usage"),
        ])
    func refusesWhatCannotBeCompared(
        _ old: String, _ new: String, _ options: [String], _ exitCode: Int32, _ code: String
    ) throws {
        let program = try Program()
        let file = program.folder.url.appendingPathComponent("small.yaml")
        try Data(Self.scenario.replacingOccurrences(of: old, with: new).utf8).write(to: file)
        let outcome = program.outcome(of: try program.start(["rehearse", file.path, "--json"] + options))
        #expect(outcome.exitCode == exitCode, "\(outcome.output)\n\(outcome.errors)")
        let error = try outcome.json()["error"] as? [String: Any]
        #expect(error?["code"] as? String == code)
        #expect(program.folder.run == nil)
    }

    @Test("A scenario of more participants than processes are allowed is refused with a reason")
    func refusesTooManyParticipants() throws {
        let program = try Program()
        let file = program.folder.url.appendingPathComponent("large.yaml")
        let text = Self.scenario.replacingOccurrences(of: "honest, count: 2", with: "honest, count: 90")
            .replacingOccurrences(of: "size: 3, quorum: 3", with: "size: 91, quorum: 91")
        try Data(text.utf8).write(to: file)
        let outcome = try program.run("rehearse", file.path, "--json")
        #expect(outcome.exitCode == 1)
        let error = try outcome.json()["error"] as? [String: Any]
        #expect(error?["code"] as? String == "unsuitable")
    }
}
