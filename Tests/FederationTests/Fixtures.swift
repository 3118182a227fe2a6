import Attestation
import Federation
import Ledger
import Tensors
import Training

/// Keys, tasks and examples that the tests share; everything is derived from small numbers.
enum Fixtures {
    /// The first keys, made once.
    private static let firstKeys = (0..<64).compactMap { try? makeKey($0) }

    /// Key of a participant; the same number gives the same key.
    static func key(_ number: Int) throws -> SigningKey {
        firstKeys.indices.contains(number) ? firstKeys[number] : try makeKey(number)
    }

    private static func makeKey(_ number: Int) throws -> SigningKey {
        try SigningKey(seed: SHA256.hash(Array("participant \(number)".utf8)).bytes)
    }

    static func digest(_ text: String) -> Digest { SHA256.hash(Array(text.utf8)) }

    /// A task over examples of six features and three classes, one hidden layer of four.
    static func task(
        size: Int = 3,
        quorum: Int = 2,
        overSelection: Double = 1,
        deadlineSeconds: Int = 60,
        rounds: Int = 5,
        stopAccuracy: Double? = nil,
        server: TaskConfiguration.ServerRule = TaskConfiguration.ServerRule(learningRate: 1, momentum: 0),
        trust: TaskTerms.Trust = .known,
        reward: TaskReward = TaskReward(pool: 1_000_000, targetDrop: 1_000_000_000_000),
        weights: WeightRule = WeightRule(),
        disclosure: TaskTerms.Disclosure = .afterClose,
        closeAfterSeconds: Int? = nil
    ) throws -> TaskConfiguration {
        TaskConfiguration(
            name: "fixture",
            seed: 7,
            architecture: try ModelArchitecture(inputCount: 6, hiddenCounts: [4], classCount: 3),
            training: try TrainingConfiguration(epochs: 1, batchSize: 10, learningRate: 0.1),
            roundCount: rounds,
            stopAccuracy: stopAccuracy,
            cohort: TaskConfiguration.CohortRule(
                size: size,
                quorum: quorum,
                overSelection: overSelection,
                deadlineSeconds: deadlineSeconds
            ),
            server: server,
            grid: .standard,
            trust: trust,
            reward: reward,
            weights: weights,
            disclosure: disclosure,
            closeAfterSeconds: closeAfterSeconds
        )
    }

    /// Clusters around one random centre a class; `draw` changes the examples and leaves the centres.
    static func examples(count: Int, features: Int = 6, classes: Int = 3, draw: UInt64) throws -> LabelledExamples {
        var centreGenerator = SeededGenerator(seed: 1, stream: "centres")
        let centres = (0..<classes * features).map { _ in Float(centreGenerator.nextNormal()) }
        var generator = SeededGenerator(seed: draw, stream: "examples")
        var values: [Float] = []
        var labels: [UInt8] = []
        for _ in 0..<count {
            let label = generator.nextIndex(below: classes)
            labels.append(UInt8(label))
            for feature in 0..<features {
                values.append(centres[label * features + feature] + 0.7 * Float(generator.nextNormal()))
            }
        }
        return try LabelledExamples(
            features: ParameterBuffer(values),
            labels: labels,
            featureCount: features,
            classCount: classes
        )
    }

    /// The grid value nearest to a number, ties to even.
    static func onGrid(_ value: Float, _ grid: Grid = .standard) -> Float {
        (value / grid.step).rounded(.toNearestOrEven) * grid.step + 0
    }
}

extension ParameterSet {
    /// All values.
    var floats: [Float] { values.withUnsafeValues { Array($0) } }
}
