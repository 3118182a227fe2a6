package import Attestation
internal import Foundation
package import Ledger

/// A round's exact metrics and scores while they are withheld: what the coordinator keeps until the task's close.
package struct WithheldScores: Codable, Equatable, Sendable {
    /// One participant's scores.
    private struct Line: Codable, Equatable {
        let participant: UInt32
        let full: Int64
        let novel: Int64
        let samples: UInt64
    }

    private let lossBefore: Int64
    private let lossAfter: Int64
    private let accuracyPpm: UInt32
    private let testLoss: Int64
    private let scoreGap: Int64
    private let lines: [Line]

    package init(metrics: RoundMetrics, scores: [ContributionScore]) {
        lossBefore = metrics.validationLossBefore
        lossAfter = metrics.validationLossAfter
        accuracyPpm = metrics.testAccuracyPpm
        testLoss = metrics.testLoss
        scoreGap = metrics.scoreGap
        lines = scores.map {
            Line(participant: $0.participant, full: $0.full, novel: $0.novel, samples: $0.samples)
        }
    }

    /// Reads what `encoded` wrote.
    package init(decoding bytes: [UInt8]) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(bytes))
    }

    /// The bytes of its file.
    package var encoded: [UInt8] {
        // Encoding integers cannot fail.
        (try? JSONEncoder().encode(self)).map { [UInt8]($0) } ?? []
    }

    package var metrics: RoundMetrics {
        RoundMetrics(
            validationLossBefore: lossBefore, validationLossAfter: lossAfter, testAccuracyPpm: accuracyPpm,
            testLoss: testLoss, scoreGap: scoreGap)
    }

    package var scores: [ContributionScore] {
        lines.map {
            ContributionScore(participant: $0.participant, full: $0.full, novel: $0.novel, samples: $0.samples)
        }
    }

    /// The scores as ledger entries.
    package func parts(of task: Digest, round: UInt32) -> [RoundScores] {
        RoundScores.parts(scores, task: task, round: round)
    }

    /// What the round's seal commits to.
    package func commitment(of task: Digest, round: UInt32, salt: Digest) -> Digest {
        ScoreCommitment.digest(salt: salt, metrics: metrics, parts: parts(of: task, round: round))
    }
}

extension RoundScores {
    /// Scores as ledger entries, each of at most `LedgerLimits.scoreCount`.
    package static func parts(_ scores: [ContributionScore], task: Digest, round: UInt32) -> [RoundScores] {
        stride(from: 0, to: scores.count, by: LedgerLimits.scoreCount).map { lower in
            let part = scores[lower..<min(lower + LedgerLimits.scoreCount, scores.count)]
            return RoundScores(task: task, round: round, scores: Array(part))
        }
    }
}
