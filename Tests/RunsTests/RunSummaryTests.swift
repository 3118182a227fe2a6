import Runs
import TestSupport
import Testing

@Suite("Run summaries")
struct RunSummaryTests {
    @Test("A summary reads back as it was written, pretty or not")
    func roundTrip() throws {
        let summary = RunSamples.summary()
        #expect(try RunSummary(json: summary.json()) == summary)
        #expect(try RunSummary(json: summary.json(pretty: false)) == summary)
    }

    @Test("A summary of rules version 1, with pay by the round and without units and flags, is read")
    func version1() throws {
        var summary = RunSamples.summary()
        for index in summary.participants.indices {
            summary.participants[index].units = nil
            summary.participants[index].likeness = nil
            summary.participants[index].likenessTo = nil
        }
        summary.rounds[0].paid = 1_000_000
        let text = String(decoding: try summary.json(), as: UTF8.self)
        #expect(!text.contains("likeness") && !text.contains("units"))
        #expect(try RunSummary(json: Array(text.utf8)) == summary)
    }

    @Test("Novelty is the part of the full score that is novel, where there is one")
    func novelty() {
        let participants = RunSamples.summary().participants
        #expect(participants[0].novelty == 0.625)
        var none = participants[0]
        none.fullScore = 0
        #expect(none.novelty == nil)
        none.fullScore = -1
        #expect(none.novelty == nil)
    }

    @Test("Numbers that JSON has no form for survive as texts")
    func notFinite() throws {
        var summary = RunSamples.summary()
        summary.loss = .infinity
        #expect(try RunSummary(json: summary.json()).loss == .infinity)
    }

    @Test("The names that scripts rely on are there")
    func names() throws {
        let text = String(decoding: try RunSamples.summary().json(), as: UTF8.self)
        for name in ["schema", "run", "rounds", "accuracy", "loss", "model_digest", "ledger_root", "ledger_entries"] {
            #expect(text.contains("\"\(name)\" :"))
        }
    }

    @Test("A newer schema is named as such, before anything that is missing in it")
    func newerSchema() {
        #expect(throws: RunError(.unsupportedSchema, "")) { try RunSummary(json: Array("{\"schema\":2}".utf8)) }
    }

    @Test("Negative counts and overlong texts are refused")
    func bounds() throws {
        var summary = RunSamples.summary()
        summary.participants[0].examples = -1
        let negative = try summary.json()
        #expect(throws: RunError(.malformed, "")) { try RunSummary(json: negative) }
        summary = RunSamples.summary()
        summary.scenario = String(repeating: "x", count: RunLimits.textByteCount + 1)
        let overlong = try summary.json()
        #expect(throws: RunError(.tooLarge, "")) { try RunSummary(json: overlong) }
    }

    @Test("Whatever a summary's bytes are, reading gives a summary that can be shown, or a RunError")
    func hostile() throws {
        let seeds = [try RunSamples.summary(honest: 1, cheaters: ["noise"], rounds: 2).json(pretty: false)]
        var mutator = Mutator(seed: 11)
        var accepted = 0
        for _ in 0..<Mutator.inputCount {
            let bytes = mutator.mutate(seeds)
            do throws(RunError) {
                let summary = try RunSummary(json: bytes)
                accepted += 1
                #expect(!ReportPage(summary).html.isEmpty)
                #expect(!FinalTable(asset: summary.asset, style: .plain).text(for: summary.participants).isEmpty)
            } catch {
                #expect(!error.message.isEmpty)
            }
        }
        #expect(accepted > 0)
    }

    @Test("The largest numbers a summary can hold are shown and do not trap")
    func extremes() throws {
        var summary = RunSamples.summary()
        for index in summary.rounds.indices {
            summary.rounds[index].round = .max
            summary.rounds[index].refused = ["a": .max, "b": .max]
            summary.rounds[index].uploadBytes = .max
            summary.rounds[index].seconds = .greatestFiniteMagnitude
            summary.rounds[index].testLoss = .greatestFiniteMagnitude
        }
        for index in summary.participants.indices {
            summary.participants[index].paid = .max
            summary.participants[index].fullScore = index == 0 ? .min : .max
            summary.participants[index].perRoundFull = [.min, .max, nil]
            summary.participants[index].shareOfHonestMean = -.infinity
        }
        summary.retention?.retainedRounds = [.min, 3, .max]
        let table = RoundTable(roundCount: .max, style: .plain)
        #expect(!ReportPage(summary).html.isEmpty)
        #expect(!table.line(for: summary.rounds[0], eta: .infinity).isEmpty)
        #expect(!FinalTable(asset: "T", style: .coloured).text(for: summary.participants).isEmpty)
    }
}
