import Tensors
import Testing
import Training

@Suite("Local training")
struct LocalTrainerTests {
    /// Trains and returns the parameters' bits and the summary.
    private func train(
        _ trainer: LocalTrainer,
        _ examples: LabelledExamples,
        _ configuration: TrainingConfiguration,
        rows: [Int]? = nil
    ) throws -> (bits: [UInt32], summary: TrainingSummary) {
        let start = trainer.architecture.initialParameters(seed: 3)
        var generator = SeededGenerator(seed: 5, stream: "batches")
        let summary = try trainer.train(
            from: start,
            on: examples,
            rows: rows ?? Array(0..<examples.count),
            configuration: configuration,
            generator: &generator
        )
        var trained = ParameterSet(zeros: trainer.architecture.parameterLayout)
        try trainer.copyParameters(into: &trained)
        return (trained.bits, summary)
    }

    @Test("Every variant trains to the same bits")
    func variants() throws {
        let examples = try TrainingFixtures.examples(count: 63, features: 50, classes: 10)
        let model = try ModelArchitecture(inputCount: 50, hiddenCounts: [40, 17], classCount: 10)
        let configurations = [
            try TrainingConfiguration(epochs: 3, batchSize: 10, learningRate: 0.1),
            try TrainingConfiguration(
                epochs: 2,
                batchSize: 7,
                learningRate: 0.05,
                momentum: 0.9,
                weightDecay: 0.001,
                proximal: 0.1
            ),
        ]
        for configuration in configurations {
            let results = try TrainingFixtures.variants.map { variant in
                try train(
                    LocalTrainer(architecture: model, batchSize: 10, variant: variant),
                    examples,
                    configuration
                )
            }
            for result in results {
                #expect(result.bits == results[0].bits)
                #expect(result.summary == results[0].summary)
            }
        }
    }

    @Test("Training learns, and counts its steps and examples")
    func learns() throws {
        let examples = try TrainingFixtures.examples(count: 205, features: 20, classes: 4)
        let model = try ModelArchitecture(inputCount: 20, hiddenCounts: [16], classCount: 4)
        let trainer = try LocalTrainer(architecture: model, batchSize: 10)
        let configuration = try TrainingConfiguration(epochs: 5, batchSize: 10, learningRate: 0.1)
        let result = try train(trainer, examples, configuration)
        #expect(result.summary.stepCount == 105)
        #expect(result.summary.exampleCount == 1_025)
        var trained = ParameterSet(zeros: model.parameterLayout)
        try trainer.copyParameters(into: &trained)
        let evaluator = try Evaluator(architecture: model)
        let before = try evaluator.evaluate(model.initialParameters(seed: 3), on: examples)
        let after = try evaluator.evaluate(trained, on: examples)
        #expect(after.accuracy > 0.95 && after.meanLoss < before.meanLoss / 4)
    }

    @Test("A trainer used again gives the bits of a new one")
    func reuse() throws {
        let examples = try TrainingFixtures.examples(count: 30, features: 8, classes: 3)
        let model = try ModelArchitecture(inputCount: 8, hiddenCounts: [9], classCount: 3)
        let plain = try TrainingConfiguration(epochs: 1, batchSize: 4, learningRate: 0.1)
        let full = try TrainingConfiguration(
            epochs: 2,
            batchSize: 8,
            learningRate: 0.1,
            momentum: 0.5,
            proximal: 0.1
        )
        let used = try LocalTrainer(architecture: model, batchSize: 8)
        for configuration in [full, plain, full, full, plain] {
            let fresh = try LocalTrainer(architecture: model, batchSize: 8)
            #expect(
                try train(used, examples, configuration).bits == train(fresh, examples, configuration).bits
            )
        }
    }

    @Test("One step of softmax regression moves the parameters against the gradient")
    func oneStep() throws {
        let examples = try TrainingFixtures.examples(count: 6, features: 5, classes: 3)
        let model = try ModelArchitecture(inputCount: 5, classCount: 3)
        let trainer = try LocalTrainer(architecture: model, batchSize: 6)
        let start = model.initialParameters(seed: 1)
        try trainer.train(
            from: start,
            on: examples,
            order: Array(0..<6),
            configuration: TrainingConfiguration(epochs: 1, batchSize: 6, learningRate: 0.5)
        )
        var trained = ParameterSet(zeros: model.parameterLayout)
        try trainer.copyParameters(into: &trained)
        var gradient = ParameterSet(zeros: model.parameterLayout)
        try Evaluator(architecture: model).gradient(of: start, on: examples, into: &gradient)
        let expected = zip(start.floats, gradient.floats).map { $0.addingProduct(-0.5, $1) }
        #expect(trained.floats == expected)
    }

    @Test("The update is the difference on the grid")
    func update() throws {
        let examples = try TrainingFixtures.examples(count: 40, features: 8, classes: 3)
        let model = try ModelArchitecture(inputCount: 8, hiddenCounts: [9], classCount: 3)
        let trainer = try LocalTrainer(architecture: model, batchSize: 8)
        let start = model.initialParameters(seed: 3)
        let configuration = try TrainingConfiguration(epochs: 3, batchSize: 8, learningRate: 0.3)
        let trained = try train(trainer, examples, configuration).bits.map { Float(bitPattern: $0) }
        for bits in [8, 24, 30] {
            let grid = try Grid(fractionBits: bits)
            var update = ParameterSet(zeros: model.parameterLayout)
            let saturated = try trainer.writeUpdate(onGrid: grid, against: start, into: &update)
            var expectedSaturated = 0
            let (values, origin) = (update.floats, start.floats)
            for place in 0..<trained.count {
                let value = values[place]
                #expect(grid.contains(value))
                let difference = trained[place] - origin[place]
                if abs(difference) > grid.largest { expectedSaturated += 1 }
                let clamped = min(max(difference, -grid.largest), grid.largest)
                #expect(abs(value - clamped) <= grid.step / 2)
            }
            #expect(saturated == expectedSaturated)
        }
    }

    @Test("A model that diverges is refused with the step")
    func diverges() throws {
        let examples = try TrainingFixtures.examples(count: 60, features: 8, classes: 3)
        let model = try ModelArchitecture(inputCount: 8, hiddenCounts: [9], classCount: 3)
        let trainer = try LocalTrainer(architecture: model, batchSize: 8)
        let configuration = try TrainingConfiguration(epochs: 50, batchSize: 8, learningRate: 1e30)
        #expect(throws: TrainingError(.diverged, "")) { try train(trainer, examples, configuration) }
        var update = ParameterSet(zeros: model.parameterLayout)
        #expect(throws: TrainingError(.diverged, "")) {
            try trainer.writeUpdate(onGrid: .standard, against: model.initialParameters(seed: 3), into: &update)
        }
    }

    @Test("Arguments that do not fit the trainer are refused")
    func refusals() throws {
        let examples = try TrainingFixtures.examples(count: 10, features: 8, classes: 3)
        let model = try ModelArchitecture(inputCount: 8, classCount: 3)
        let trainer = try LocalTrainer(architecture: model, batchSize: 4)
        let fine = try TrainingConfiguration(epochs: 1, batchSize: 4, learningRate: 0.1)
        for rows in [[], [10], [-1], [0, 1, .max]] {
            #expect(throws: TrainingError(.invalidExamples, "")) { try train(trainer, examples, fine, rows: rows) }
        }
        #expect(throws: TrainingError(.invalidConfiguration, "")) {
            try train(trainer, examples, TrainingConfiguration(epochs: 1, batchSize: 5, learningRate: 0.1))
        }
        for (features, classes) in [(7, 3), (8, 4)] {
            let other = try TrainingFixtures.examples(count: 10, features: features, classes: classes)
            #expect(throws: TrainingError(.invalidExamples, "")) { try train(trainer, other, fine) }
        }
        let otherModel = try ModelArchitecture(inputCount: 8, classCount: 4)
        #expect(throws: TrainingError(.layoutMismatch, "")) {
            try trainer.train(
                from: otherModel.initialParameters(seed: 1),
                on: examples,
                order: [0],
                configuration: fine
            )
        }
        var update = ParameterSet(zeros: otherModel.parameterLayout)
        #expect(throws: TrainingError(.layoutMismatch, "")) {
            try trainer.writeUpdate(onGrid: .standard, against: model.initialParameters(seed: 1), into: &update)
        }
        #expect(throws: TrainingError(.layoutMismatch, "")) { try trainer.copyParameters(into: &update) }
        #expect(throws: TrainingError(.invalidConfiguration, "")) {
            try LocalTrainer(architecture: model, batchSize: 0)
        }
        #expect(throws: TrainingError(.invalidConfiguration, "")) {
            let wide = try ModelArchitecture(inputCount: 8, hiddenCounts: [1 << 18], classCount: 4)
            _ = try LocalTrainer(architecture: wide, batchSize: 65_536)
        }
    }
}
