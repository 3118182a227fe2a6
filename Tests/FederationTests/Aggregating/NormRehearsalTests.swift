import Aggregation
import Federation
import Ledger
import Tensors
import Testing
import Training

@Suite("The length of an honest update, before the task is opened")
struct NormRehearsalTests {
    private func examples(_ count: Int = 60, draw: UInt64 = 100) throws -> LabelledExamples {
        try Fixtures.examples(count: count, draw: draw)
    }

    private func bound(_ weights: WeightRule, _ examples: LabelledExamples) throws -> UInt128? {
        try NormRehearsal.boundSquared(Fixtures.task(weights: weights), examples: examples)
    }

    @Test("It is a function of the task and the examples")
    func function() throws {
        let examples = try examples()
        let first = try #require(try bound(WeightRule(), examples))
        #expect(try bound(WeightRule(), examples) == first)
        let range: ClosedRange<UInt128> = 1_000_000_000...1_000_000_000_000_000_000
        #expect(range.contains(first), "a training moves the model, and not out of its range")
        #expect(try bound(WeightRule(), self.examples(draw: 101)) != first)
        var other = try Fixtures.task()
        other.seed += 1
        #expect(try NormRehearsal.boundSquared(other, examples: examples) == first, "the seed is the cohorts'")
        other.training = try TrainingConfiguration(epochs: 2, batchSize: 10, learningRate: 0.1)
        #expect(try #require(try NormRehearsal.boundSquared(other, examples: examples)) > first)
    }

    @Test("It is five sixths of one local training from a model of its own, on the grid")
    func oneTraining() throws {
        let (task, examples) = (try Fixtures.task(), try examples())
        let trainer = try LocalTrainer(architecture: task.architecture, batchSize: 10)
        let model = task.architecture.initialParameters(seed: 0x7472_6962)
        var generator = SeededGenerator(seed: 0x7472_6962, stream: "norm-rehearsal")
        _ = try trainer.train(
            from: model, on: examples, rows: Array(0..<60), configuration: task.training, generator: &generator)
        var update = ParameterSet(unwritten: task.architecture.parameterLayout)
        _ = try trainer.writeUpdate(onGrid: task.grid, against: model, into: &update)
        let checked = try CheckedUpdate(
            checking: SharedParameterSet(update), weight: 0, layout: task.architecture.parameterLayout,
            grid: task.grid)
        #expect(try bound(WeightRule(), examples) == checked.squaredNorm / 36 * 25)
    }

    @Test("It follows the number of examples that a participant has; where there are fewer, they are taken again")
    func exampleCount() throws {
        let examples = try examples()
        let ordinary = try #require(try bound(WeightRule(), examples))
        #expect(try bound(WeightRule(exampleCount: 60), examples) == ordinary)
        let few = try #require(try bound(WeightRule(exampleCount: 10), examples))
        let many = try #require(try bound(WeightRule(exampleCount: 600), examples))
        #expect(few < ordinary)
        #expect(many > ordinary)
    }

    @Test("A length in the task file is taken as it is, within what the ledger allows")
    func named() throws {
        let examples = try examples()
        let named: UInt128 = 25 << 46
        #expect(try bound(WeightRule(bound: .length(2.5)), examples) == named)
        #expect(try bound(WeightRule(bound: .length(1e-30)), examples) == 1)
        let unit: UInt128 = 1 << 48
        #expect(try NormRehearsal.namedBoundSquared(Fixtures.task(weights: WeightRule(bound: .length(1)))) == unit)
        #expect(try NormRehearsal.namedBoundSquared(Fixtures.task()) == nil)
        var task = try Fixtures.task(weights: WeightRule(bound: .length(1e6)))
        task.grid = try Grid(fractionBits: 30)
        let largest: UInt128 = 1 << 96
        #expect(try NormRehearsal.boundSquared(task, examples: examples) == largest)
    }

    @Test("Claimed weights have no bound")
    func claimed() throws {
        let weights = WeightRule(weighting: .claimed, bound: .length(2))
        #expect(try bound(weights, examples()) == nil)
        #expect(try NormRehearsal.namedBoundSquared(Fixtures.task(weights: weights)) == nil)
    }

    @Test("A training that diverges is an error that says what to change")
    func diverges() throws {
        var task = try Fixtures.task()
        task.training = try TrainingConfiguration(epochs: 50, batchSize: 10, learningRate: 1e9)
        let error = #expect(throws: FederationError(.diverged, "")) {
            try NormRehearsal.boundSquared(task, examples: examples())
        }
        #expect(error?.hint == "lower training.learning_rate")
    }
}
