import Foundation
import Testing

@Suite("tributary runs value and task check")
struct FairnessCommandTests {
    private static let scenario = """
        name: fair
        rounds: 2
        data: { source: digits, validation: 60, test: 60 }
        model: { hidden: [] }
        training: { epochs: 1, batch: 20, learning_rate: 0.05 }
        cohort: { size: 3, quorum: 2 }
        reward: { score: value, pool: "10", target_drop: 1 }
        participants: [ { kind: honest, count: 3 } ]

        """

    @Test("runs value prints both games for people and for scripts, and says what it cannot value")
    func value() throws {
        let program = try Program()
        try program.folder.write(Self.scenario, to: "fair.yaml")
        #expect(try program.run("simulate", "fair.yaml", "--json").exitCode == 0)
        let text = try program.run("runs", "value", "latest", "--exact")
        #expect(text.exitCode == 0)
        for part in ["honest-01", "Shapley", "without", "retraining", "misplaced"] {
            #expect(text.output.contains(part), "\(part)")
        }
        #expect(text.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
        let data = try program.run("runs", "value", "--exact", "--json").data()
        for game in ["rounds", "retraining"] {
            let figures = try #require(data[game] as? [String: Double])
            #expect(Set(figures.keys) == ["correlation", "spearman", "misplaced_share"])
        }
        #expect((data["leave_one_out"] as? [String: Any])?.count == 2)
        #expect((data["participants"] as? [Any])?.count == 3)
        let crowd = Self.scenario.replacingOccurrences(of: "count: 3", with: "count: 9")
        try program.folder.write(crowd.replacingOccurrences(of: "name: fair", with: "name: crowd"), to: "crowd.yaml")
        #expect(try program.run("simulate", "crowd.yaml", "--json").exitCode == 0)
        let refused = try program.run("runs", "value", "crowd", "--json")
        #expect(refused.exitCode == 65)
        let error = try #require(try refused.json()["error"] as? [String: Any])
        #expect(error["code"] as? String == "tooManyParticipants")
    }

    @Test("task check fits 60 columns and 120, says the same to scripts, and warns without failing")
    func check() throws {
        let program = try Program()
        let text = Self.scenario.replacingOccurrences(of: "target_drop: 1", with: "target_drop: 9")
        try program.folder.write(text, to: "fair.yaml")
        for columns in [60, 120] {
            let outcome = try program.run(
                "task", "check", "fair.yaml", "--trials", "1", environment: ["COLUMNS": "\(columns)"])
            #expect(outcome.exitCode == 0)
            #expect(outcome.output.split(separator: "\n").allSatisfy { $0.count <= columns })
            #expect(outcome.output.contains("warning: target_drop"))
            #expect(outcome.output.contains("refused"))
        }
        let data = try program.run("task", "check", "fair.yaml", "--trials", "1", "--json").data()
        let keys = (data["sections"] as? [[String: Any]])?.compactMap { $0["key"] as? String }
        #expect(keys == ["terms", "labels", "honest", "others"])
        let codes = (data["warnings"] as? [[String: Any]])?.compactMap { $0["code"] as? String }
        #expect(codes?.contains("target-too-far") == true)
        #expect(try program.run("task", "check", "nowhere.yaml").exitCode == 66)
        #expect(try program.run("task", "check", "fair.yaml", "--rounds", "0").exitCode == 64)
        try program.folder.write("name: fair\nrounds: [\n", to: "broken.yaml")
        #expect(try program.run("task", "check", "broken.yaml").exitCode == 65)
    }
}
