import Federation
import Simulation
import TestSupport
import Testing

@Suite("Scenario files from a hostile hand")
struct ScenarioFuzzTests {
    @Test("Mutated inputs are read or refused with a typed error, and what is read can be written")
    func mutations() throws {
        let seeds = [
            Array(Scenario.defaultText.utf8), Array(SmallScenario.mixed.text.utf8),
            Array(SmallScenario.rough.text.utf8),
        ]
        var mutator = Mutator(seed: 11, byteLimit: 4_096)
        var readCount = 0
        for _ in 0..<Mutator.inputCount {
            let bytes = mutator.mutate(seeds)
            guard let text = String(validating: bytes, as: UTF8.self) else { continue }
            do throws(FederationError) {
                _ = try Scenario.dataRule(in: text)
                let scenario = try Scenario(text: text, featureCount: 64, classCount: 10)
                readCount += 1
                let again = try Scenario(text: scenario.text, featureCount: 64, classCount: 10)
                #expect(again.text == scenario.text, "read from \(text.debugDescription)")
            } catch {
                #expect(!error.message.isEmpty)
            }
        }
        #expect(readCount > Mutator.inputCount / 100)
    }

    @Test("A number too large for its unit is refused, not wrapped")
    func largeNumbers() {
        for value in ["1e308", "-1", "9223372036854775807", "9223372036854775808", "99999999999999999999", "0x10"] {
            for line in [
                "updates: { disk_budget_mb: \(value) }", "data: { validation: \(value) }",
                "network: { latency_ms: \(value) }", "network: { seed: \(value) }", "rounds: \(value)",
                "reward: { cap: \"\(value)\" }", "reward: { pool: \"\(value)\" }", "seed: \(value)",
                "reward: { target_drop: \(value) }", "reward: { samples_cap: \(value) }",
                "weights: { bound: \(value) }", "weights: { examples: \(value) }", "close_after_s: \(value)",
            ] {
                let text = "name: n\ncohort: { size: 2 }\nparticipants: [ { kind: honest, count: 2 } ]\n\(line)\n"
                do throws(FederationError) {
                    let scenario = try Scenario(text: text, featureCount: 64, classCount: 10)
                    #expect(scenario.task.reward.pool <= scenario.cap)
                    #expect(scenario.task.reward.targetDrop > 0)
                } catch {
                    #expect(!error.message.isEmpty)
                }
            }
        }
    }
}
