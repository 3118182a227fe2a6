import Aggregation
import Attestation
import Federation
import Foundation
import Ledger
import Tensors
import Training
import Valuation

/// What scoring adds to a round under `open` trust, when five scored rounds lie behind it: the dearest case there is.
///
/// Beside it, in the same process, what it is made of: three validation gradients, passes over the updates, and the
/// removal of the last steps and echoes from the path gradient.
struct ScoringBenchmark {
    let updateCount: Int
    let parameterCount: Int
    let threads: Int
    let runs: Int

    private static let featureCount = 256
    private static let classCount = 10
    private static let exampleCount = 500

    func run() throws -> [Figure] {
        let task = try makeTask()
        let blob = ParameterBlob(layout: task.architecture.parameterLayout)
        let updates = try (0..<updateCount).map { number in
            try CheckedUpdate(
                checking: SharedParameterSet(randomUpdate(number, blob.layout)), weight: 4_096, layout: blob.layout,
                grid: .standard)
        }
        let examples = try makeExamples(Self.exampleCount)
        let sets = EvaluationSets(validation: examples, test: try makeExamples(1))
        let model = SharedParameterSet(task.architecture.initialParameters(seed: 1))
        let scored = try rounds(task, .novel, blob, model, sets, updates)
        let plain = try rounds(task, .none, blob, model, sets, updates)
        let evaluator = try Evaluator(architecture: task.architecture)
        var gradient = ParameterSet(zeros: blob.layout)
        let gradients = try Stopwatch.median(runs: runs) {
            for _ in 0..<3 {
                _ = try evaluator.gradient(of: model.parameters, on: examples, threads: threads, into: &gradient)
            }
        }
        let reading = Stopwatch.median(runs: runs) { ReadLimit.stream(updates.map(\.parameters), threads: threads) }
        let (basis, projection) = try projectionSeconds(scored.history, gradient)
        let passes = (scored.seconds - plain.seconds - gradients - basis) / reading
        let name = "\(updateCount) x \(blob.layout.count)"
        return [
            Figure("round_seconds", scored.seconds, "s", "a round of \(name), averaged and scored, \(threads) threads"),
            Figure("unscored_seconds", plain.seconds, "s", "the same round of a task that pays no value"),
            Figure(
                "gradients_seconds", gradients, "s",
                "of scoring: three validation gradients, \(Self.exampleCount) examples"),
            Figure("pass_seconds", reading, "s", "reading the updates once and nothing else"),
            Figure(
                "basis_seconds", basis, "s", "of scoring: directions of past rounds, made as the first update comes"),
            Figure("projection_seconds", projection, "s", "of scoring: those directions removed from the gradient"),
            Figure("projection_share", projection / scored.seconds, "", "of the whole round"),
            Figure("passes", passes, "passes", "scoring without gradients and directions, in passes over the updates"),
        ]
    }

    /// The median of rounds, after as many as the history has; and what they leave.
    private func rounds(
        _ task: TaskConfiguration, _ scoring: RoundAggregator.Scoring, _ blob: ParameterBlob,
        _ model: SharedParameterSet, _ sets: EvaluationSets, _ updates: [CheckedUpdate]
    ) throws -> (seconds: Double, history: ScoredHistory) {
        let aggregator = try RoundAggregator(
            task: task, scoring: scoring, blob: blob, start: RoundAggregator.Start(model: model), sets: sets,
            threads: threads, cacheByteCount: updateCount * blob.byteCount)
        var number: UInt32 = 0
        let seal = {
            // Every round has other weights, so that no step is a multiple of another.
            let accepted = updates.indices.map { index in
                AcceptedContribution(
                    ticket: UInt64(index), participant: ParticipantNumber(index),
                    weight: UInt64(4_096 - (index * 7_919 + Int(number) * 104_729) % 2_048), units: 1,
                    squaredNorm: updates[index].squaredNorm, sampleCount: 1, update: .zero)
            }
            for (update, contribution) in zip(updates, accepted) { try aggregator.fold(update, contribution) }
            number += 1
            let result = try aggregator.seal(round: number, accepted: accepted) { updates[Int($0.ticket)] }
            guard result.divergence == nil else { throw FederationError(.diverged, "a round of the benchmark") }
        }
        for _ in 0..<AggregationLimits.history { try seal() }
        return (try Stopwatch.median(runs: runs, seal), aggregator.history)
    }

    /// What the past rounds' directions take, and the surprise gradient once they are there.
    private func projectionSeconds(
        _ history: ScoredHistory, _ gradient: borrowing ParameterSet
    ) throws -> (basis: Double, projection: Double) {
        let count = gradient.values.count
        var basis = SurpriseBasis(count: count)
        let making = try Stopwatch.median(runs: runs) { basis = try history.basis(count: count, threads: threads) }
        // Borrowed for the time of the closure, which does not escape.
        let projecting = try withUnsafePointer(to: gradient.values) { gradient in
            try Stopwatch.median(runs: runs) {
                _ = try SurpriseGradient(
                    start: gradient.pointee, middle: gradient.pointee, end: gradient.pointee, basis: basis,
                    threads: threads)
            }
        }
        return (making, projecting)
    }

    private func makeTask() throws -> TaskConfiguration {
        let width = max(1, (parameterCount - Self.classCount) / (Self.featureCount + 1 + Self.classCount))
        return try TaskConfiguration(
            name: "bench", seed: 1,
            architecture: ModelArchitecture(
                inputCount: Self.featureCount, hiddenCounts: [width], classCount: Self.classCount),
            training: TrainingConfiguration(epochs: 1, batchSize: 10, learningRate: 0.1), roundCount: 1_100,
            stopAccuracy: nil,
            cohort: TaskConfiguration.CohortRule(
                size: updateCount, quorum: updateCount, overSelection: 1, deadlineSeconds: 60),
            server: TaskConfiguration.ServerRule(learningRate: 1, momentum: 0), grid: .standard, trust: .open,
            reward: TaskReward(score: .value, pool: 1_000_000, targetDrop: 1))
    }

    /// Random multiples of 2^-24 below 2^-12: one update more or less changes little.
    private func randomUpdate(_ number: Int, _ layout: ParameterLayout) -> ParameterSet {
        var set = ParameterSet(zeros: layout)
        var generator = SeededGenerator(seed: 1, stream: "scoring-benchmark", number)
        set.values.withUnsafeMutableValues { values in
            for index in values.indices {
                values[index] = Float(Int32(truncatingIfNeeded: generator.next() >> 51) - (1 << 12)) * 0x1p-24
            }
        }
        return set
    }

    private func makeExamples(_ count: Int) throws -> LabelledExamples {
        var generator = SeededGenerator(seed: 1, stream: "scoring-examples", 0)
        let features = (0..<count * Self.featureCount).map { _ in Float(generator.nextUnit()) }
        return try LabelledExamples(
            features: ParameterBuffer(features), labels: (0..<count).map { UInt8($0 % Self.classCount) },
            featureCount: Self.featureCount, classCount: Self.classCount)
    }
}
