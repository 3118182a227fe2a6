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
        let trust: TaskTerms.Trust = isHeads() ? .open : .known
        let classCount = 1 + generator.nextIndex(below: 256)
        let reward = try reward(trust, classCount)
        return TaskConfiguration(
            name: name(),
            seed: generator.next() >> 1,
            architecture: try ModelArchitecture(
                inputCount: 1 + generator.nextIndex(below: 1_000),
                hiddenCounts: (0..<generator.nextIndex(below: 5)).map { _ in 1 + generator.nextIndex(below: 300) },
                classCount: classCount
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
            trust: trust,
            reward: reward,
            weights: weights(trust),
            disclosure: trust == .known && isHeads() ? .live : .afterClose,
            closeAfterSeconds: isHeads() ? nil : 1 + generator.nextIndex(below: 31_536_000),
            retain: isHeads() ? .all : isHeads() ? .none : .lastRounds(1 + generator.nextIndex(below: 99))
        )
    }

    private mutating func isHeads() -> Bool { generator.nextIndex(below: 2) == 0 }

    private mutating func reward(_ trust: TaskTerms.Trust, _ classCount: Int) throws -> TaskReward {
        let scores: [TaskTerms.Score] = trust == .open ? [.value, .none] : TaskTerms.Score.allCases
        let score = scores[generator.nextIndex(below: scores.count)]
        let isPaid = score != .none
        return TaskReward(
            score: score,
            pool: isPaid ? (generator.next() >> UInt64(1 + generator.nextIndex(below: 60))) | 1 : 0,
            targetDrop: isPaid
                ? (generator.next() >> UInt64(1 + generator.nextIndex(below: 60))) | 1
                : TaskReward.defaultTargetDrop(classCount: classCount),
            sponsor: isPaid && isHeads() ? try AccountName("sponsor/\(name())") : nil,
            paidRounds: score == .value && isHeads() ? .first : .all,
            samplesCap: isHeads() ? 0 : UInt64(1 + generator.nextIndex(below: FederationLimits.sampleCount)),
            acceptsUnprovedPay: isHeads())
    }

    private mutating func weights(_ trust: TaskTerms.Trust) -> WeightRule {
        let labels = (0..<generator.nextIndex(below: 4)).map { _ in label() }
        return WeightRule(
            weighting: trust == .known && isHeads() ? .claimed : .units,
            bound: isHeads() ? .automatic : .length(Double(float(between: 1e-30, and: 9e5))),
            exampleCount: isHeads() ? nil : 1 + generator.nextIndex(below: FederationLimits.sampleCount),
            units: Dictionary(
                labels.map { ($0, UInt32(1 + generator.nextIndex(below: 8))) }, uniquingKeysWith: { first, _ in first })
        )
    }

    /// A participant's label: anything that a person may write.
    private mutating func label() -> String {
        let signs = Array("abc 019.-_#:{}[]\"'\\&*?!|>%@`,\n\t\u{7F}\u{85}\u{2028}äß漢👩‍🔬")
        return String(
            (0..<1 + generator.nextIndex(below: 12)).map { _ in signs[generator.nextIndex(below: signs.count)] })
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
