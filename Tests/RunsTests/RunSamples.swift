import Foundation
import Runs
import Tensors

/// Runs for the tests: made up, seeded, of any size.
enum RunSamples {
    /// A run of some rounds with honest participants and cheaters.
    static func summary(
        honest: Int = 4,
        cheaters: [String] = ["replay", "noise"],
        rounds: Int = 6,
        seed: UInt64 = 1
    ) -> RunSummary {
        var generator = SeededGenerator(seed: seed, stream: "runs tests")
        var summary = RunSummary(
            run: "digits-20260102-030405",
            scenario: "Digits",
            seed: seed,
            threads: 2,
            task: String(repeating: "ab", count: 32),
            dataset: "digits",
            model: "mlp 64-64-10",
            parameterCount: 4_810
        )
        let size = honest + cheaters.count
        summary.rounds = (1...max(rounds, 1)).prefix(rounds).map { round(number: $0, size: size) }
        let populations = Array(repeating: "honest", count: honest) + cheaters
        for (number, population) in populations.enumerated() {
            let bonus = UInt64(generator.nextIndex(below: 1_000_000))
            summary.participants.append(participant(number, population, rounds: rounds, bonus: bonus))
        }
        summary.accuracy = 0.9693
        summary.loss = 0.1234
        summary.modelDigest = String(repeating: "0123456789abcdef", count: 4)
        summary.ledgerRoot = String(repeating: "fedcba9876543210", count: 4)
        summary.ledgerEntries = 1_234
        summary.paidTotal = summary.participants.reduce(0) { $0 + $1.paid }
        summary.pooledTotal = summary.paidTotal + 7
        summary.carried = 7
        summary.seconds = 2.5
        summary.kernels = "scalar"
        summary.retention = RetentionSummary(
            rule: "last 3",
            diskBudgetBytes: 1_000,
            storedBytes: 900,
            retainedRounds: [4, 5, 6],
            retiredByBudget: []
        )
        return summary
    }

    private static func participant(
        _ number: Int,
        _ population: String,
        rounds: Int,
        bonus: UInt64
    ) -> ParticipantSummary {
        var one = ParticipantSummary(
            number: number,
            label: "\(population)-\(number)",
            did: "did:key:z6Mk\(number)",
            population: population,
            cheats: population != "honest",
            examples: 100,
            invited: rounds,
            accepted: max(rounds - 1, 0),
            refused: 1,
            units: 4,
            likeness: population == "honest" ? 0.125 : nil,
            likenessTo: population == "honest" ? "honest-0" : nil
        )
        one.fullScore = one.cheats ? 30_000_000_000 : 80_000_000_000
        one.novelScore = one.cheats ? -1_000_000 : 50_000_000_000
        one.paid = one.cheats ? 120_000 : 30_000_000 + bonus
        one.shareOfHonestMean = one.cheats ? 0.004 : 1
        for round in 0..<rounds {
            one.perRoundFull.append(round == 1 ? nil : Int64(round) * 1_000_000_000 - 500_000_000)
        }
        return one
    }

    private static func round(number: Int, size: Int) -> RoundSummary {
        var round = RoundSummary(round: number, invited: size, accepted: size - 1, droppedOut: 1)
        if number == 2 { round.refused = ["stale": 1, "duplicate": 2] }
        let scale = 1 / Double(number + 1)
        round.validationLossBefore = 2.3 / Double(number)
        round.validationLossAfter = 2.3 * scale
        if number == 3 {
            round.outcome = .noQuorum
        } else {
            round.testLoss = 2.4 * scale
            round.testAccuracy = 1 - 0.9 / Double(number)
        }
        round.uploadBytes = 19_240
        round.downloadBytes = 38_480
        round.seconds = 0.0125
        round.virtualSeconds = Double(30 * number)
        round.scoreGap = 0.0004
        return round
    }

    /// 2026-01-02 03:04:05 UTC.
    static let time = Date(timeIntervalSince1970: 1_767_323_045)

    /// A new empty folder for one test, removed by `remove`.
    static func makeFolder() throws -> URL {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("runs-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        return url
    }

    /// Runs a test's body with a new folder and removes it afterwards.
    static func withFolder(_ body: (URL) throws -> Void) throws {
        let url = try makeFolder()
        defer { try? FileManager.default.removeItem(at: url) }
        try body(url)
    }
}
