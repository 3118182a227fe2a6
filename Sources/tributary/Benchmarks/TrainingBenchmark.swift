import Aggregation
import Datasets
import Federation
import Foundation
import Synchronization
import Tensors
import Training

/// One FedAvg round of McMahan's 2NN on MNIST (2017, table 1): 10 of 100 participants, one epoch, batches of 10; local
/// training, rounding to the grid, exact average. 600 steps a round.
struct TrainingBenchmark {
    let dataPath: String?
    let rounds: Int
    let threads: Int

    func run() throws -> [Figure] {
        let examples = try loadExamples()
        let architecture = try ModelArchitecture(inputCount: 784, hiddenCounts: [200, 200], classCount: 10)
        let configuration = try TrainingConfiguration(
            epochs: 1, batchSize: 10, learningRate: 0.1, momentum: 0, weightDecay: 0, proximal: 0)
        let parts = try Partitioner.iid.partition(
            labels: examples.labels, groups: nil, participants: 100, seed: 1)
        var trainers: [LocalTrainer] = []
        for _ in 0..<threads { trainers.append(try LocalTrainer(architecture: architecture, batchSize: 10)) }
        var model = SharedParameterSet(architecture.initialParameters(seed: 1))
        var optimizer = try ServerOptimizer()
        var times: [Double] = []
        for round in 0...rounds {
            let cohort = CohortSelection.cohort(size: 10, population: 100, seed: 1, round: UInt32(round + 1))
            let start = ContinuousClock.now
            model = try Self.round(
                round, model: model, cohort: cohort.map { parts[Int($0)] }, examples: examples,
                trainers: trainers, configuration: configuration, optimizer: &optimizer)
            times.append((ContinuousClock.now - start) / .seconds(1))
        }
        let seconds = times.dropFirst().sorted()[rounds / 2]
        let accuracy = try Evaluator(architecture: architecture)
            .evaluate(model.parameters, on: examples, rows: 0..<min(10_000, examples.count), threads: threads)
        let kernels = try KernelVariant.selected().rawValue
        return [
            Figure("seconds_per_round", seconds, "s", "2NN round of 600 steps, \(threads) threads, \(kernels)"),
            Figure("steps_per_s", 600 / seconds, "steps/s", "batches of 10"),
            Figure("gflop_per_s", 600 * 8.8e6 / seconds / 1e9, "GFLOP/s", "at 8.8 MFLOP a step"),
            Figure(
                "training_accuracy", Double(accuracy.correctCount) / Double(accuracy.exampleCount), "",
                "on training examples, after \(rounds + 1) rounds"),
        ]
    }

    private static func round(
        _ number: Int, model: SharedParameterSet, cohort: [[Int]], examples: LabelledExamples,
        trainers: [LocalTrainer], configuration: TrainingConfiguration, optimizer: inout ServerOptimizer
    ) throws -> SharedParameterSet {
        let layout = model.parameters.layout
        let results = Mutex<[Int: Result<CheckedUpdate, any Error>]>([:])
        WorkSplit.forEachItem(of: cohort.count, threads: trainers.count) { item, worker in
            let outcome = Result {
                var generator = SeededGenerator(seed: 1, stream: "training", item, number)
                try trainers[worker].train(
                    from: model.parameters, on: examples, rows: cohort[item], configuration: configuration,
                    generator: &generator)
                var update = ParameterSet(zeros: layout)
                _ = try trainers[worker].writeUpdate(onGrid: .standard, against: model.parameters, into: &update)
                return try CheckedUpdate(
                    checking: SharedParameterSet(update), weight: Int64(cohort[item].count), layout: layout,
                    grid: .standard)
            }
            results.withLock { $0[item] = outcome }
        }
        var sum = ExactAccumulator(count: layout.count, grid: .standard)
        let outcomes = results.withLock { $0 }
        try sum.fold(try cohort.indices.compactMap { try outcomes[$0]?.get() }, threads: trainers.count)
        var next = model.parameters.copy()
        try optimizer.step(model: &next, updates: sum, denominator: sum.totalWeight, threads: trainers.count)
        return SharedParameterSet(next)
    }

    private func loadExamples() throws -> LabelledExamples {
        if let dataPath { return try Dataset.load(path: dataPath).train }
        let count = 60_000
        var features = ParameterBuffer(zeros: count * 784)
        var generator = SeededGenerator(seed: 1, stream: "pixels")
        features.withUnsafeMutableValues { values in
            for index in 0..<values.count where generator.next() & 7 == 0 {
                values[index] = Float(generator.nextUnit())
            }
        }
        let labels = (0..<count).map { _ in UInt8(generator.nextIndex(below: 10)) }
        return try LabelledExamples(features: features, labels: labels, featureCount: 784, classCount: 10)
    }
}
