import Attestation
import Ledger
import Testing

@Suite("Secrets, commitments and rounded metrics")
struct SecretTests {
    private func hash(_ domain: String, _ bytes: [UInt8]) -> Digest { SHA256.hash(Array(domain.utf8) + [0] + bytes) }

    @Test("Everything that a secret gives is its hash behind its own name")
    func secret() {
        let secret = LedgerFixture.secret()
        let bytes = secret.value.bytes
        #expect(secret.commitment == hash("tributary/task-secret/v1", bytes))
        #expect(secret.salt(round: 0x0102_0304) == hash("tributary/scores-salt/v1", bytes + [1, 2, 3, 4]))
        #expect(secret.validationSeed == hash("tributary/validation-seed/v1", bytes))
        #expect(secret.validationSalt == hash("tributary/validation-salt/v1", bytes))
        let (root, task) = (LedgerFixture.digest("root"), LedgerFixture.digest("task"))
        #expect(TaskStart.seed(root: root, task: task) == hash("tributary/start/v1", root.bytes + task.bytes))
    }

    @Test("Possession is shown by the hash of key and bytes")
    func possession() throws {
        let key = try LedgerFixture.key(1)
        var bytes: [UInt8] = []
        key.withUnsafeBytes { bytes = Array($0) }
        #expect(ContributionStatement.possession(of: [1, 2], by: key) == SHA256.hash(bytes + [1, 2]))
    }

    @Test("A commitment depends on the salt, the metrics, every score and how they are divided")
    func commitment() {
        let score = ContributionScore(participant: 1, full: 2, novel: 3, samples: 4)
        let one = RoundScores(task: .zero, round: 1, scores: [score])
        let two = RoundScores(task: .zero, round: 1, scores: [score, score])
        let metrics = LedgerFixture.metrics
        let digests = [
            ScoreCommitment.digest(salt: .zero, metrics: metrics, parts: [one, one]),
            ScoreCommitment.digest(salt: .zero, metrics: metrics, parts: [two]),
            ScoreCommitment.digest(salt: .zero, metrics: metrics.rounded, parts: [two]),
            ScoreCommitment.digest(salt: LedgerFixture.digest("salt"), metrics: metrics, parts: [two]),
        ]
        #expect(Set(digests).count == 4)
    }

    @Test("Losses are shown to two digits, accuracy to whole percent, halves away from zero")
    func rounding() {
        func rounded(_ loss: Int64, _ accuracy: UInt32 = 0) -> RoundMetrics {
            RoundMetrics(
                validationLossBefore: loss, validationLossAfter: -max(loss, -.max), testAccuracyPpm: accuracy,
                testLoss: loss, scoreGap: 7
            ).rounded
        }
        for (loss, shown) in [
            (0, 0), (99, 99), (100, 100), (104, 100), (105, 110), (994, 990), (995, 1_000), (-105, -110),
            (2_302_585_092_994, 2_300_000_000_000), (.max, 9_200_000_000_000_000_000),
            (.min, -9_200_000_000_000_000_000),
        ] as [(Int64, Int64)] {
            let metrics = rounded(loss)
            #expect(metrics.validationLossBefore == shown && metrics.testLoss == shown && metrics.scoreGap == 0)
            #expect(metrics.rounded == metrics)
        }
        for (accuracy, shown) in [(812_300, 810_000), (995_000, 1_000_000), (4_999, 0), (.max, .max)]
            as [(UInt32, UInt32)]
        { #expect(rounded(0, accuracy).testAccuracyPpm == shown) }
    }
}
