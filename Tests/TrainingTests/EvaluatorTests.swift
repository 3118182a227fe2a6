import Foundation
import Tensors
import Testing
import Training

@Suite("Evaluation")
struct EvaluatorTests {
    /// Mean cross-entropy in Float64, written as plainly as possible.
    private func referenceLoss(_ model: ModelArchitecture, _ parameters: [Double], _ examples: LabelledExamples)
        -> Double
    {
        let features = examples.features.withUnsafeValues { $0.map(Double.init) }
        var total = 0.0
        for row in 0..<examples.count {
            var values = Array(features[row * examples.featureCount..<(row + 1) * examples.featureCount])
            var place = 0
            for (index, layer) in model.layers.enumerated() {
                let (inputs, outputs) = (layer.inputCount, layer.outputCount)
                var sums = (0..<outputs).map { parameters[place + inputs * outputs + $0] }
                for input in 0..<inputs {
                    for output in 0..<outputs {
                        sums[output] += values[input] * parameters[place + input * outputs + output]
                    }
                }
                place += (inputs + 1) * outputs
                values = index + 1 < model.layers.count ? sums.map { max($0, 0) } : sums
            }
            let largest = values.max() ?? 0
            let sum = values.map { Foundation.exp($0 - largest) }.reduce(0, +)
            total += Foundation.log(sum) + largest - values[Int(examples.labels[row])]
        }
        return total / Double(examples.count)
    }

    @Test("Loss and gradient agree with central differences in Float64", arguments: [[], [6], [7, 5]])
    func gradientCheck(hidden: [Int]) throws {
        let examples = try TrainingFixtures.examples(count: 11, features: 6, classes: 4)
        let model = try ModelArchitecture(inputCount: 6, hiddenCounts: hidden, classCount: 4)
        let parameters = model.initialParameters(seed: 9)
        let start = parameters.bits.map { Double(Float(bitPattern: $0)) }
        for variant in TrainingFixtures.variants {
            let evaluator = try Evaluator(architecture: model, variant: variant)
            var gradient = ParameterSet(zeros: model.parameterLayout)
            let loss = try evaluator.gradient(of: parameters, on: examples, into: &gradient)
            #expect(abs(loss - referenceLoss(model, start, examples)) < 1e-6)
            let slopes = gradient.floats
            for place in start.indices {
                var (above, below) = (start, start)
                above[place] += 1e-5
                below[place] -= 1e-5
                let slope =
                    (referenceLoss(model, above, examples) - referenceLoss(model, below, examples)) / 2e-5
                #expect(abs(Double(slopes[place]) - slope) < 2e-6)
            }
        }
    }

    @Test("Any number of threads and every variant give the same bits")
    func threads() throws {
        let examples = try TrainingFixtures.examples(count: 1_400, features: 20, classes: 5)
        let model = try ModelArchitecture(inputCount: 20, hiddenCounts: [18], classCount: 5)
        let parameters = model.initialParameters(seed: 2)
        let reference = try Evaluator(architecture: model, variant: .scalar)
        var expectedGradient = ParameterSet(zeros: model.parameterLayout)
        let expectedLoss = try reference.gradient(
            of: parameters,
            on: examples,
            rows: 3..<1_399,
            into: &expectedGradient
        )
        let expected = try reference.evaluate(parameters, on: examples, rows: 3..<1_399)
        #expect(expected.meanLoss == expectedLoss)
        for variant in TrainingFixtures.variants {
            let evaluator = try Evaluator(architecture: model, variant: variant)
            for threads in 1...7 {
                #expect(
                    try evaluator.evaluate(parameters, on: examples, rows: 3..<1_399, threads: threads) == expected
                )
                var gradient = ParameterSet(zeros: model.parameterLayout)
                gradient.values.withUnsafeMutableValues { $0[0] = .nan }
                let loss = try evaluator.gradient(
                    of: parameters,
                    on: examples,
                    rows: 3..<1_399,
                    threads: threads,
                    into: &gradient
                )
                #expect(loss == expectedLoss && gradient.bits == expectedGradient.bits)
            }
        }
    }

    @Test("Accuracy counts the rows whose largest logit is the label's")
    func accuracy() throws {
        let examples = try LabelledExamples(
            features: ParameterBuffer([1, 0, 0, 1, 0, 0]),
            labels: [0, 1, 1],
            featureCount: 2,
            classCount: 2
        )
        let model = try ModelArchitecture(inputCount: 2, classCount: 2)
        let parameters = ParameterSet(
            layout: model.parameterLayout,
            values: ParameterBuffer([1, 0, 0, 1, 0, 0])
        )
        let evaluation = try Evaluator(architecture: model).evaluate(parameters, on: examples)
        #expect(evaluation.correctCount == 2 && evaluation.exampleCount == 3)
    }

    @Test("A model that is not finite, and rows or threads that do not fit, are refused")
    func refusals() throws {
        let examples = try TrainingFixtures.examples(count: 10, features: 4, classes: 3)
        let model = try ModelArchitecture(inputCount: 4, hiddenCounts: [5], classCount: 3)
        let evaluator = try Evaluator(architecture: model)
        var parameters = model.initialParameters(seed: 1)
        for rows in [0..<0, 0..<11, -1..<3] {
            #expect(throws: TrainingError(.invalidExamples, "")) {
                try evaluator.evaluate(parameters, on: examples, rows: rows)
            }
        }
        for threads in [0, -1, 257] {
            #expect(throws: TrainingError(.invalidConfiguration, "")) {
                try evaluator.evaluate(parameters, on: examples, threads: threads)
            }
        }
        var other = ParameterSet(zeros: try ModelArchitecture(inputCount: 4, classCount: 3).parameterLayout)
        #expect(throws: TrainingError(.layoutMismatch, "")) { try evaluator.evaluate(other, on: examples) }
        #expect(throws: TrainingError(.layoutMismatch, "")) {
            try evaluator.gradient(of: parameters, on: examples, into: &other)
        }
        parameters.values.withUnsafeMutableValues { $0[0] = .nan }
        #expect(throws: TrainingError(.diverged, "")) { try evaluator.evaluate(parameters, on: examples) }
    }
}
