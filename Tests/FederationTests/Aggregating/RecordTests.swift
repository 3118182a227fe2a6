import Aggregation
import Attestation
import Federation
import Ledger
import Tensors
import Testing

@Suite("A coordinator's private records")
struct RecordTests {
    private func scores(_ count: Int) -> [ContributionScore] {
        (0..<count).map { number in
            ContributionScore(
                participant: UInt32(number * 3), full: Int64(number) * 1_000_003 - 7, novel: -Int64(number) << 40,
                samples: UInt64(number) << 50)
        }
    }

    private let metrics = RoundMetrics(
        validationLossBefore: 2_302_585_092_994, validationLossAfter: .min, testAccuracyPpm: 876_543, testLoss: .max,
        scoreGap: -3)

    @Test("Withheld scores are read back as they were, to the ends of their numbers", arguments: [0, 1, 2_500])
    func roundTrip(count: Int) throws {
        var scores = scores(count)
        scores.append(ContributionScore(participant: .max, full: .min, novel: .max, samples: .max))
        let withheld = WithheldScores(metrics: metrics, scores: scores)
        let read = try WithheldScores(decoding: withheld.encoded)
        #expect(read == withheld)
        #expect(read.metrics == metrics && read.scores == scores)
    }

    @Test("A damaged record of scores is an error")
    func damaged() {
        let bytes = WithheldScores(metrics: metrics, scores: scores(3)).encoded
        for damaged in [[], Array(bytes.dropLast()), Array("{}".utf8), [0xFF]] {
            #expect(throws: (any Error).self) { try WithheldScores(decoding: damaged) }
        }
    }

    @Test(
        "The commitment is the ledger's: over the salt, the metrics, and each entry of scores",
        arguments: [1, 1_024, 1_025])
    func commitment(count: Int) throws {
        let task = Fixtures.digest("task")
        let salt = TaskSecret(Fixtures.digest("secret")).salt(round: 7)
        let withheld = WithheldScores(metrics: metrics, scores: scores(count))
        let parts = withheld.parts(of: task, round: 7)
        #expect(parts.count == (count == 1_025 ? 2 : 1))
        #expect(parts.flatMap(\.scores) == withheld.scores)
        #expect(parts.allSatisfy { $0.task == task && $0.round == 7 })
        let expected = ScoreCommitment.digest(salt: salt, metrics: metrics, parts: parts)
        #expect(withheld.commitment(of: task, round: 7, salt: salt) == expected)
        #expect(withheld.commitment(of: task, round: 8, salt: salt) != expected)
        #expect(withheld.commitment(of: task, round: 7, salt: .zero) != expected)
        let others = WithheldScores(metrics: metrics.rounded, scores: withheld.scores)
        #expect(others.commitment(of: task, round: 7, salt: salt) != expected)
    }

    private func vector(_ values: [Double]) -> SharedVector { SharedVector(Float64Buffer(values)) }

    @Test("A scored round's record is its step and its echo, in little-endian Float64")
    func scoredRound() throws {
        let step: [Double] = [1.5, -2.5, 0x1p-1074, .greatestFiniteMagnitude]
        let echo: [Double] = [0, -1, 0x1p53, 3]
        let record = ScoredRound(round: 4, step: vector(step), echo: vector(echo)).encoded
        var expected: [UInt8] = []
        for value in step + echo { withUnsafeBytes(of: value.bitPattern.littleEndian) { expected += Array($0) } }
        #expect(record == expected)
        let read = try ScoredRound(round: 4, decoding: record, count: 4)
        #expect(read.round == 4)
        #expect(read.step.bits == step.map(\.bitPattern) && read.echo.bits == echo.map(\.bitPattern))
        for shift in 1..<8 {
            let shifted = Array(([UInt8](repeating: 0, count: shift) + record)[shift...])
            #expect(try ScoredRound(round: 4, decoding: shifted, count: 4).encoded == record)
        }
    }

    @Test("A scored round's record of another length is an error")
    func wrongLength() {
        let record = ScoredRound(round: 4, step: vector([1, 2]), echo: vector([3, 4])).encoded
        for bytes in [[], Array(record.dropLast()), record + [0], record + record] {
            #expect(throws: FederationError(.unusableUpdate, "")) {
                try ScoredRound(round: 4, decoding: bytes, count: 2)
            }
        }
    }

    @Test("A history keeps the five newest of the rounds that it is given, newest first")
    func history() {
        let rounds = (1...7).reversed().map { ScoredRound(round: $0, step: vector([Double($0)]), echo: vector([0])) }
        #expect(ScoredHistory(newestFirst: rounds).rounds.map(\.round) == [7, 6, 5, 4, 3])
        #expect(ScoredHistory(newestFirst: Array(rounds.prefix(2))).rounds.map(\.round) == [7, 6])
    }
}
