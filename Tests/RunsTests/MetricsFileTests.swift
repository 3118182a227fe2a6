import Foundation
import Runs
import TestSupport
import Testing

@Suite("Metrics")
struct MetricsFileTests {
    @Test("Rounds read back to the last bit, over two openings of the file")
    func roundTrip() throws {
        try RunSamples.withFolder { parent in
            let url = parent.appendingPathComponent("metrics.csv")
            var rounds = RunSamples.summary().rounds
            rounds[0].refused = ["odd, \"quoted\"": 3, "plain": 1]
            rounds[0].seconds = 0.1 + 0.2
            for part in [rounds.prefix(2), rounds.dropFirst(2)] {
                let file = try MetricsFile(url)
                for round in part { try file.append(round) }
                try file.flush()
            }
            #expect(try MetricsFile.read(url) == rounds)
            let text = try String(contentsOf: url, encoding: .utf8)
            #expect(text.split(separator: "\n").count == rounds.count + 1)
            #expect(text.hasPrefix(MetricsFile.header + "\n"))
        }
    }

    @Test("Each line is in the file as soon as it was appended, and half a last line is not read")
    func everyLine() throws {
        try RunSamples.withFolder { parent in
            let url = parent.appendingPathComponent("metrics.csv")
            let file = try MetricsFile(url)
            for (index, round) in RunSamples.summary().rounds.enumerated() {
                try file.append(round)
                #expect(try MetricsFile.read(url).count == index + 1)
            }
            let whole = try Data(contentsOf: url)
            try whole.dropLast(5).write(to: url)
            #expect(try MetricsFile.read(url).count == RunSamples.summary().rounds.count - 1)
        }
    }

    @Test("Whatever the bytes are, reading gives rounds or a RunError")
    func hostile() throws {
        try RunSamples.withFolder { parent in
            let url = parent.appendingPathComponent("metrics.csv")
            let file = try MetricsFile(url)
            for round in RunSamples.summary().rounds { try file.append(round) }
            let seeds = [[UInt8](try Data(contentsOf: url))]
            var mutator = Mutator(seed: 5)
            for _ in 0..<min(Mutator.inputCount, 20_000) {
                try Data(mutator.mutate(seeds)).write(to: url)
                do throws(RunError) {
                    for round in try MetricsFile.read(url) { #expect(round.round >= 0) }
                } catch {
                    #expect(!error.message.isEmpty)
                }
            }
        }
    }
}
