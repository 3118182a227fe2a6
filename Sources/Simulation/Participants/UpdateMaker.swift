internal import Attestation
package import Federation
package import Tensors
package import Training

/// Makes the updates of simulated participants, honest or not: one worker's trainer and scratch memory.
package final class UpdateMaker {
    /// What the public ledger and models tell every participant of a round.
    package struct PublicState: Sendable {
        package let round: UInt32
        package let model: SharedParameterSet
        /// The model before the last change to it; nil before the first.
        package let previousModel: SharedParameterSet?

        package init(round: UInt32, model: SharedParameterSet, previousModel: SharedParameterSet?) {
            self.round = round
            self.model = model
            self.previousModel = previousModel
        }
    }

    /// An update and what its sender says of it.
    package struct Made {
        package let update: SharedParameterSet
        package let stepCount: Int
        package let saturatedCount: Int
    }

    private let task: TaskConfiguration
    private let trainer: LocalTrainer
    private let examples: LabelledExamples

    /// A maker for one worker.
    package init(task: TaskConfiguration, examples: LabelledExamples) throws(TrainingError) {
        self.task = task
        self.examples = examples
        trainer = try LocalTrainer(architecture: task.architecture, batchSize: task.training.batchSize)
    }

    /// The update that a participant sends in a round.
    package func update(of participant: SimulatedParticipant, in state: PublicState) throws -> Made {
        var generator = SeededGenerator(
            seed: task.seed, stream: "training", Int(participant.number), Int(state.round))
        switch participant.population.kind {
        case .honest, .dropOut:
            return try train(participant.rows, examples, state, &generator)
        case .labelFlip:
            let flipped = try flippedExamples(participant.rows)
            return try train(Array(0..<flipped.count), flipped, state, &generator)
        case .zero:
            return claim(ParameterSet(zeros: task.architecture.parameterLayout), participant)
        case .noise:
            return claim(echo(state, keep: 0, noise: 1, &generator), participant)
        case .replay:
            return claim(echo(state, keep: 1, noise: 0, &generator), participant)
        case .replayNoise:
            return claim(echo(state, keep: 1, noise: participant.population.noise, &generator), participant)
        }
    }

    private func train(
        _ rows: [Int], _ examples: LabelledExamples, _ state: PublicState, _ generator: inout SeededGenerator
    ) throws -> Made {
        let summary = try trainer.train(
            from: state.model.parameters, on: examples, rows: rows, configuration: task.training,
            generator: &generator)
        var update = ParameterSet(unwritten: task.architecture.parameterLayout)
        let saturated = try trainer.writeUpdate(
            onGrid: task.grid, against: state.model.parameters, into: &update)
        return Made(update: SharedParameterSet(update), stepCount: summary.stepCount, saturatedCount: saturated)
    }

    /// A free rider claims the steps that its claimed examples would have taken.
    private func claim(_ update: consuming ParameterSet, _ participant: SimulatedParticipant) -> Made {
        let batches = (participant.claimedSampleCount + task.training.batchSize - 1) / task.training.batchSize
        return Made(
            update: SharedParameterSet(update), stepCount: batches * task.training.epochs, saturatedCount: 0)
    }

    /// The participant's examples with every label y turned to (classes - 1 - y).
    private func flippedExamples(_ rows: [Int]) throws(TensorError) -> LabelledExamples {
        let width = examples.featureCount
        var features = ParameterBuffer(zeros: rows.count * width)
        features.withUnsafeMutableValues { target in
            examples.features.withUnsafeValues { source in
                for (place, row) in rows.enumerated() {
                    for column in 0..<width {
                        target[place * width + column] = source[row * width + column]
                    }
                }
            }
        }
        let last = UInt8(examples.classCount - 1)
        return try LabelledExamples(
            features: features, labels: rows.map { last - examples.labels[$0] }, featureCount: width,
            classCount: examples.classCount)
    }

    /// `keep` times the last global delta, plus Gaussian noise of `noise` times its length, on the grid. Zeros before
    /// there is a last global delta.
    private func echo(
        _ state: PublicState, keep: Double, noise: Double, _ generator: inout SeededGenerator
    ) -> ParameterSet {
        var update = ParameterSet(zeros: task.architecture.parameterLayout)
        guard let previous = state.previousModel else { return update }
        let count = update.layout.count
        let scale = Double(sign: .plus, exponent: task.grid.fractionBits, significand: 1)
        let largest = Double(task.grid.largest)
        state.model.parameters.values.withUnsafeValues { now in
            previous.parameters.values.withUnsafeValues { before in
                var square = 0.0
                for index in 0..<count {
                    let delta = Double(now[index]) - Double(before[index])
                    square += delta * delta
                }
                let deviation = noise * (square / Double(count)).squareRoot()
                update.values.withUnsafeMutableValues { target in
                    for index in 0..<count {
                        var value = keep * (Double(now[index]) - Double(before[index]))
                        if deviation > 0 { value += deviation * generator.nextNormal() }
                        let rounded = (value * scale).rounded(.toNearestOrEven) / scale
                        target[index] = Float(min(max(rounded, -largest), largest) + 0)
                    }
                }
            }
        }
        return update
    }
}
