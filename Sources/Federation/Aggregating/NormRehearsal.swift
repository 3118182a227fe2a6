internal import Ledger
internal import Rewards
package import Tensors
internal import Training

/// How long an honest update is: one local training on the coordinator's own examples, before the task is opened.
package enum NormRehearsal {
    /// The task's bound on the length of an update, squared, in squares of the grid's unit.
    ///
    /// A length named in the task file is taken as it is. Otherwise one participant's training is carried out once:
    /// from an initial model of its own seed, on as many of the examples as an ordinary participant has, each taken
    /// again where there are fewer. The result is a function of the task and the examples alone.
    ///
    /// - Throws: `FederationError` with code `diverged` if the training diverges, `underlying` if it cannot be run.
    package static func boundSquared(
        _ task: TaskConfiguration, examples: LabelledExamples
    ) throws(FederationError) -> UInt128? {
        guard task.weights.weighting == .units else { return nil }
        if let named = namedBoundSquared(task) { return named }
        return try rehearsed(task, examples)
    }

    /// The bound that a task's file names, squared, in squares of the grid's unit; nil where it names none.
    package static func namedBoundSquared(_ task: TaskConfiguration) -> UInt128? {
        guard task.weights.weighting == .units, case .length(let length) = task.weights.bound else { return nil }
        let steps = length * Double(sign: .plus, exponent: task.grid.fractionBits, significand: 1)
        return clamped(steps * steps)
    }

    private static func rehearsed(
        _ task: TaskConfiguration, _ examples: LabelledExamples
    ) throws(FederationError) -> UInt128 {
        do {
            let trainer = try LocalTrainer(architecture: task.architecture, batchSize: task.training.batchSize)
            let model = task.architecture.initialParameters(seed: seed)
            let count = task.weights.exampleCount ?? examples.count
            var generator = SeededGenerator(seed: seed, stream: "norm-rehearsal")
            _ = try trainer.train(
                from: model, on: examples, rows: (0..<count).map { $0 % examples.count }, configuration: task.training,
                generator: &generator)
            var update = ParameterSet(unwritten: task.architecture.parameterLayout)
            _ = try trainer.writeUpdate(onGrid: task.grid, against: model, into: &update)
            let scale = Double(sign: .plus, exponent: task.grid.fractionBits, significand: 1)
            var squared: UInt128 = 0
            update.values.withUnsafeValues { values in
                for value in values {
                    let steps = UInt128((Double(value) * scale).magnitude)
                    squared += steps * steps
                }
            }
            let bound = squared / share.denominator * share.numerator
            return min(max(bound, NormBound.allowed.lowerBound), NormBound.allowed.upperBound)
        } catch {
            guard error.code == .diverged else { throw FederationError(.underlying, "\(error)") }
            throw FederationError(
                .diverged, "training on the coordinator's own examples diverges: \(error)",
                hint: "lower training.learning_rate")
        }
    }

    /// Five sixths, squared: round 1's bound is 3/2 of the task's, so 5/4 of an honest update. Honest ones differ by
    /// less where data are alike, and an update that is scaled up gains less than a third.
    private static let share: (numerator: UInt128, denominator: UInt128) = (25, 36)

    /// The rehearsal's model and order are nobody's: every task has the same.
    private static let seed: UInt64 = 0x7472_6962

    private static func clamped(_ value: Double) -> UInt128 {
        let largest = NormBound.allowed.upperBound
        return value >= Double(largest) ? largest : max(1, UInt128(value))
    }
}
