import Federation
import Ledger
import Tensors
import Training

/// Valid tasks drawn from everything that a task file can say.
struct RandomTask {
    private var generator: SeededGenerator

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed, stream: "task")
    }

    mutating func next() throws -> TaskConfiguration {
        let size = 1 + generator.nextIndex(below: 900)
        return TaskConfiguration(
            name: name(),
            seed: generator.next() >> 1,
            architecture: try ModelArchitecture(
                inputCount: 1 + generator.nextIndex(below: 1_000),
                hiddenCounts: (0..<generator.nextIndex(below: 5)).map { _ in 1 + generator.nextIndex(below: 300) },
                classCount: 1 + generator.nextIndex(below: 256)
            ),
            training: try TrainingConfiguration(
                epochs: 1 + generator.nextIndex(below: 10_000),
                batchSize: 1 + generator.nextIndex(below: 65_536),
                learningRate: float(between: 1e-8, and: 999),
                momentum: generator.nextIndex(below: 2) == 0 ? 0 : Float(generator.nextUnit() * 0.9),
                weightDecay: generator.nextIndex(below: 2) == 0 ? 0 : float(between: 1e-9, and: 9),
                proximal: generator.nextIndex(below: 2) == 0 ? 0 : float(between: 1e-9, and: 900)
            ),
            roundCount: 1 + generator.nextIndex(below: FederationLimits.roundCount),
            stopAccuracy: generator.nextIndex(below: 2) == 0 ? nil : generator.nextUnit(),
            cohort: TaskConfiguration.CohortRule(
                size: size,
                quorum: 1 + generator.nextIndex(below: size),
                overSelection: 1 + 9 * generator.nextUnit(),
                deadlineSeconds: 1 + generator.nextIndex(below: FederationLimits.deadlineSeconds)
            ),
            server: TaskConfiguration.ServerRule(
                learningRate: Double(float(between: 1e-5, and: 99)),
                momentum: generator.nextUnit() * 0.9999
            ),
            grid: try Grid(fractionBits: 8 + generator.nextIndex(below: 23)),
            reward: RewardRule(
                score: RewardRule.Score.allCases[generator.nextIndex(below: RewardRule.Score.allCases.count)],
                poolPerRound: (generator.next() >> UInt64(generator.nextIndex(below: 60))) | 1,
                epochRounds: 1 + UInt32(generator.nextIndex(below: Int(LedgerLimits.epochRounds))),
                sponsor: generator.nextIndex(below: 2) == 0 ? nil : try AccountName("sponsor/\(name())")
            )
        )
    }

    /// A positive number of any magnitude in the range.
    private mutating func float(between lower: Double, and upper: Double) -> Float {
        let exponent =
            PortableMath.log(lower) + generator.nextUnit() * (PortableMath.log(upper) - PortableMath.log(lower))
        return Float(PortableMath.exp(exponent))
    }

    private mutating func name() -> String {
        let reserved = ["null", "true", "no", "1e5", "0x1F", "12", "1.5", "2024-01-01", "0o7", "y"]
        if generator.nextIndex(below: 4) == 0 { return reserved[generator.nextIndex(below: reserved.count)] }
        let first = Array("abcXYZ019")
        let others = first + Array("._-")
        let tail = (0..<generator.nextIndex(below: 64)).map { _ in others[generator.nextIndex(below: others.count)] }
        return String([first[generator.nextIndex(below: first.count)]] + tail)
    }
}
