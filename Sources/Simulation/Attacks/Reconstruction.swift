package import Federation
package import Tensors
internal import Training

/// Inputs made up from public models alone: the labels are balanced, the features follow by descent.
package struct Reconstruction: Sendable {
    /// Features of the inputs, row-major.
    package let inputs: [Double]
    package let labels: [UInt8]
    /// What the descent made smaller, before the first step and after each.
    package let objectives: [Double]

    /// Steps of one descent.
    package static let stepCount = 150

    /// Inputs whose gradients point as the model's first changes did.
    ///
    /// - Parameters:
    ///   - models: the task's first models, oldest first; at least two.
    ///   - start: inputs to start from; random ones if nil.
    package static func matching(
        _ models: [SharedParameterSet], count: Int, task: TaskConfiguration, from start: [Double]?,
        using generator: inout SeededGenerator
    ) -> Reconstruction {
        let labels = balancedLabels(count, task)
        let network = InputGradients(architecture: task.architecture, labels: labels)
        // The midpoint of two models stands best for the gradients of the round between them.
        let targets = zip(models, models.dropFirst()).map { before, after in
            let step = Direction(from: before, to: after)
            return (model: Direction(before).adding(step, times: 0.5), step: step)
        }
        let first = start ?? randomInputs(count, task, using: &generator)
        return descend(from: first, labels) { inputs in
            var objective = 0.0
            var slope = [Double](repeating: 0, count: inputs.count)
            for target in targets {
                let (missing, part) = mismatch(network, target.model, target.step, inputs)
                objective += missing / Double(targets.count)
                for index in slope.indices { slope[index] += part[index] / Double(targets.count) }
            }
            return (objective, slope)
        }
    }

    /// Inputs that a model recognises as their labels.
    package static func recognised(
        by model: SharedParameterSet, count: Int, task: TaskConfiguration, using generator: inout SeededGenerator
    ) -> Reconstruction {
        let labels = balancedLabels(count, task)
        let network = InputGradients(architecture: task.architecture, labels: labels)
        let parameters = Direction(model).values
        return descend(from: randomInputs(count, task, using: &generator), labels) { inputs in
            let result = network.gradients(of: parameters, at: inputs)
            return (result.loss, result.byInputs)
        }
    }

    /// One less the cosine between a step and the inputs' descent direction, and its gradient by the inputs.
    ///
    /// The latter is the change of the input gradient along v, where v is the objective's gradient by the parameter
    /// gradient: two more passes instead of second derivatives.
    private static func mismatch(
        _ network: InputGradients, _ model: Direction, _ step: Direction, _ inputs: [Double]
    ) -> (Double, [Double]) {
        let downhill = Direction(network.gradients(of: model.values, at: inputs).byParameters).scaled(by: -1)
        let (length, wanted) = (downhill.length, step.length)
        guard length > 0, wanted > 0 else { return (1, [Double](repeating: 0, count: inputs.count)) }
        let cosine = downhill.dot(step) / (length * wanted)
        let along = step.scaled(by: 1 / (length * wanted)).adding(downhill, times: -cosine / (length * length))
        let alongLength = along.length
        guard alongLength > 0 else { return (1 - cosine, [Double](repeating: 0, count: inputs.count)) }
        let distance = 1e-4 * max(model.length, 1) / alongLength
        let ahead = network.gradients(of: model.adding(along, times: distance).values, at: inputs).byInputs
        let behind = network.gradients(of: model.adding(along, times: -distance).values, at: inputs).byInputs
        return (1 - cosine, zip(ahead, behind).map { ($0 - $1) / (2 * distance) })
    }

    /// Adam (Kingma and Ba, 2015) on the inputs, step size 0.03.
    private static func descend(
        from start: [Double], _ labels: [UInt8], _ measure: ([Double]) -> (objective: Double, slope: [Double])
    ) -> Reconstruction {
        var inputs = start
        var mean = [Double](repeating: 0, count: inputs.count)
        var square = mean
        var objectives: [Double] = []
        var (meanDecay, squareDecay) = (1.0, 1.0)
        for _ in 0..<stepCount {
            let (objective, slope) = measure(inputs)
            objectives.append(objective)
            meanDecay *= 0.9
            squareDecay *= 0.999
            for index in inputs.indices {
                mean[index] = 0.9 * mean[index] + 0.1 * slope[index]
                square[index] = 0.999 * square[index] + 0.001 * slope[index] * slope[index]
                let deviation = (square[index] / (1 - squareDecay)).squareRoot() + 1e-12
                inputs[index] -= 0.03 * mean[index] / (1 - meanDecay) / deviation
            }
        }
        objectives.append(measure(inputs).objective)
        return Reconstruction(inputs: inputs, labels: labels, objectives: objectives)
    }

    private static func balancedLabels(_ count: Int, _ task: TaskConfiguration) -> [UInt8] {
        (0..<count).map { UInt8($0 % task.architecture.classCount) }
    }

    private static func randomInputs(
        _ count: Int, _ task: TaskConfiguration, using generator: inout SeededGenerator
    ) -> [Double] {
        (0..<count * task.architecture.inputCount).map { _ in generator.nextUnit() }
    }

    /// The inputs as a set to train on.
    package func examples(for task: TaskConfiguration) throws(TensorError) -> LabelledExamples {
        try LabelledExamples(
            features: ParameterBuffer(inputs.map { Float($0) }), labels: labels,
            featureCount: task.architecture.inputCount, classCount: task.architecture.classCount)
    }
}

/// Reconstructs inputs from the first changes of the model, one more each round, and trains on them; zeros in round 1.
struct MatchedInputs: UpdateStrategy {
    let count: Int
    /// Changes of the model that are used at most.
    let steps: Int

    func update(
        for member: SimulatedParticipant, in state: PublicState, with tools: AttackTools
    ) throws -> UpdateMaker.Made {
        let usable = min(steps, state.openingModels.count - 1)
        guard usable > 0 else {
            return try Zeros().update(for: member, in: state, with: tools)
        }
        return try tools.training(of: member, on: try inputs(usable, member, state, tools), in: state)
    }

    /// Each reconstruction starts from the one with a step less, so that it is the same whoever asks, and when.
    private func inputs(
        _ steps: Int, _ member: SimulatedParticipant, _ state: PublicState, _ tools: AttackTools
    ) throws -> Reconstruction {
        try state.openingWork.result("matched \(member.group) \(steps)") {
            let start = steps > 1 ? try inputs(steps - 1, member, state, tools).inputs : nil
            var generator = tools.sharedGenerator("reconstruct", member, 0)
            return Reconstruction.matching(
                Array(state.openingModels.prefix(steps + 1)), count: count, task: tools.task, from: start,
                using: &generator)
        }
    }
}

/// Makes up inputs that the newest public model recognises, and trains on them.
struct DistilledInputs: UpdateStrategy {
    let count: Int

    func update(
        for member: SimulatedParticipant, in state: PublicState, with tools: AttackTools
    ) throws -> UpdateMaker.Made {
        let made = try state.work.result("distilled \(member.group)") {
            var generator = tools.sharedGenerator("distil", member, state.round)
            return Reconstruction.recognised(by: state.model, count: count, task: tools.task, using: &generator)
        }
        return try tools.training(of: member, on: made, in: state)
    }
}

/// Trains on public pictures of the digits.
struct PublicPictures: UpdateStrategy {
    let count: Int
    /// Standard deviation of each pixel.
    let noise: Double

    func update(
        for member: SimulatedParticipant, in state: PublicState, with tools: AttackTools
    ) throws -> UpdateMaker.Made {
        let pictures = try state.openingWork.result("pictures \(member.group)") {
            var generator = tools.sharedGenerator("pictures", member, 0)
            return try PublicDigits.examples(count: count, noise: noise, using: &generator)
        }
        return try tools.training(of: member, on: pictures, in: state)
    }
}

extension AttackTools {
    fileprivate func training(
        of member: SimulatedParticipant, on inputs: Reconstruction, in state: PublicState
    ) throws -> UpdateMaker.Made {
        try training(of: member, on: inputs.examples(for: task), in: state)
    }

    /// Trains on a set of its own making, taken as often as the claimed examples need.
    fileprivate func training(
        of member: SimulatedParticipant, on own: LabelledExamples, in state: PublicState
    ) throws -> UpdateMaker.Made {
        let rows = (0..<max(own.count, member.claimedSampleCount)).map { $0 % own.count }
        let made = try work(of: member, on: own, rows: rows, in: state)
        guard member.population.settings.toBound else { return made }
        return self.made(bounded(Direction(made.update), of: member, in: state), by: member)
    }
}
