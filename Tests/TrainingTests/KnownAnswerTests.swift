import Foundation
import Tensors
import Testing
import Training

@Suite("Known answers")
struct KnownAnswerTests {
    /// One file of `Protocols/vectors/kernels`; its recipe is in the file.
    struct Vector: Decodable {
        struct Task: Decodable {
            let inputCount, classCount, exampleCount, batchSize: Int
            let hiddenCounts: [Int]
            let seed: UInt64
            let learningRate, momentum, weightDecay, proximal: Float
        }
        let name: String
        let task: Task
        let fnv1a64: [String: String]
    }

    /// The recipe's generator.
    struct Generator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state
        }

        mutating func unit() -> Float { Float(Int64(next() >> 40) - 1 << 23) * 0x1p-23 }
    }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Protocols/vectors/kernels")

    @Test(
        "Training gives the published bits after 1, 10 and 100 steps, with every variant",
        arguments: ["softmax-regression-64-10", "mlp-16-12-5", "mlp-33-20-20-7-momentum"]
    )
    func knownAnswers(name: String) throws {
        let data = try Data(contentsOf: Self.folder.appending(path: "\(name).json"))
        let vector = try JSONDecoder().decode(Vector.self, from: data)
        let task = vector.task
        let model = try ModelArchitecture(
            inputCount: task.inputCount,
            hiddenCounts: task.hiddenCounts,
            classCount: task.classCount
        )
        var generator = Generator(state: task.seed)
        let start = ParameterSet(
            layout: model.parameterLayout,
            values: ParameterBuffer((0..<model.parameterLayout.count).map { _ in generator.unit() * 0.25 })
        )
        let features = (0..<task.exampleCount * task.inputCount).map { _ in generator.unit() }
        let labels = (0..<task.exampleCount).map { _ in
            UInt8((generator.next() >> 33) % UInt64(task.classCount))
        }
        let examples = try LabelledExamples(
            features: ParameterBuffer(features),
            labels: labels,
            featureCount: task.inputCount,
            classCount: task.classCount
        )
        let configuration = try TrainingConfiguration(
            epochs: 1,
            batchSize: task.batchSize,
            learningRate: task.learningRate,
            momentum: task.momentum,
            weightDecay: task.weightDecay,
            proximal: task.proximal
        )
        #expect(vector.fnv1a64.count == 3)
        for variant in TrainingFixtures.variants {
            let trainer = try LocalTrainer(architecture: model, batchSize: task.batchSize, variant: variant)
            for (steps, answer) in vector.fnv1a64 {
                let order = (0..<(Int(steps) ?? 0) * task.batchSize).map { $0 % task.exampleCount }
                try trainer.train(from: start, on: examples, order: order, configuration: configuration)
                var trained = ParameterSet(zeros: model.parameterLayout)
                try trainer.copyParameters(into: &trained)
                let hash = String(trained.fnv1a64, radix: 16)
                #expect(String(repeating: "0", count: 16 - hash.count) + hash == answer, "\(variant), \(steps) steps")
            }
        }
    }
}
