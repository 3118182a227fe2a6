package import Federation
package import Tensors
package import Training

/// What a sound coordinator shows nobody: given to attacks that ask what it would be worth.
package struct LeakedSecrets: Sendable {
    /// Everybody, with their rows: from them follows what they send in an open round.
    package let participants: [SimulatedParticipant]
    /// What contributions are scored on.
    package let validation: LabelledExamples

    package init(participants: [SimulatedParticipant], validation: LabelledExamples) {
        self.participants = participants
        self.validation = validation
    }
}

/// What strategies work with: a trainer, seeded generators, and what follows from the public models.
///
/// One per worker thread. What several members need is worked out once a round, in the state.
package final class AttackTools {
    package let task: TaskConfiguration
    /// The training examples; a participant's rows index them.
    package let examples: LabelledExamples
    private let leaked: LeakedSecrets?
    private let trainer: LocalTrainer

    package init(
        task: TaskConfiguration, examples: LabelledExamples, leaked: LeakedSecrets?
    ) throws(TrainingError) {
        self.task = task
        self.examples = examples
        self.leaked = leaked
        trainer = try LocalTrainer(architecture: task.architecture, batchSize: task.training.batchSize)
    }

    package var layout: ParameterLayout { task.architecture.parameterLayout }

    /// Parameters of the model.
    package var count: Int { layout.count }

    /// The secrets that an oracle attack needs.
    ///
    /// - Throws: `SimulationError` outside a simulation, where there are none.
    package func secrets(for member: SimulatedParticipant) throws(SimulationError) -> LeakedSecrets {
        guard let leaked else {
            throw SimulationError(
                .underlying,
                "\(member.label) needs what the coordinator keeps to itself until the close",
                hint: "kind \(member.population.kind.rawValue) runs in `tributary simulate` alone")
        }
        return leaked
    }
}

// MARK: - Random numbers

extension AttackTools {
    /// Numbers of one member in a round.
    package func generator(_ stream: StaticString, _ member: SimulatedParticipant, _ round: UInt32) -> SeededGenerator {
        SeededGenerator(seed: task.seed, stream: stream, Int(member.number), Int(round))
    }

    /// Numbers that members of a population share, such as the two of a pair.
    ///
    /// - Parameter part: which of them, such as the pair's place.
    package func sharedGenerator(
        _ stream: StaticString, _ member: SimulatedParticipant, _ round: UInt32, part: Int = 0
    ) -> SeededGenerator {
        SeededGenerator(seed: task.seed, stream: stream, -1 - member.group, Int(round), part)
    }
}

// MARK: - Work

extension AttackTools {
    /// What a participant's training on its rows gives: the same as it sends if it is honest.
    package func honestWork(of member: SimulatedParticipant, in state: PublicState) throws -> UpdateMaker.Made {
        try work(of: member, on: examples, rows: member.rows, in: state)
    }

    /// What a participant's training on any examples gives.
    package func work(
        of member: SimulatedParticipant, on examples: LabelledExamples, rows: [Int], in state: PublicState
    ) throws -> UpdateMaker.Made {
        var generator = generator("training", member, state.round)
        let summary = try trainer.train(
            from: state.model.parameters, on: examples, rows: rows, configuration: task.training,
            generator: &generator)
        var update = ParameterSet(unwritten: layout)
        let saturated = try trainer.writeUpdate(onGrid: task.grid, against: state.model.parameters, into: &update)
        return UpdateMaker.Made(
            update: SharedParameterSet(update), stepCount: summary.stepCount, saturatedCount: saturated)
    }

    /// An update of somebody who claims the steps that its claimed examples would have taken.
    package func made(_ direction: Direction, by member: SimulatedParticipant) -> UpdateMaker.Made {
        let batches = (member.claimedSampleCount + task.training.batchSize - 1) / task.training.batchSize
        return UpdateMaker.Made(
            update: direction.rounded(to: task.grid).parameters(layout), stepCount: batches * task.training.epochs,
            saturatedCount: 0)
    }

    /// A direction on the grid that differs from that of any other place, by steps of the grid in sixteen values at
    /// most; place 0 gets the direction as it is.
    package func toldApart(_ direction: Direction, _ place: Int) -> Direction {
        var result = direction.rounded(to: task.grid)
        let bits = min(16, count)
        let step = Double(task.grid.step)
        for bit in 0..<bits where place >> bit & 1 == 1 {
            let index = bit * (count / bits)
            result.values[index] += result.values[index] > 0 ? -step : step
        }
        return result
    }

    /// A direction brought to the length of the bound, if the member's population says so.
    package func bounded(
        _ direction: Direction, of member: SimulatedParticipant, in state: PublicState
    ) -> Direction {
        member.population.settings.toBound ? direction.ofLength(reach(in: state)) : direction
    }
}

// MARK: - What follows from the public models

extension AttackTools {
    /// The last change of the model; zeros before there is one.
    package func lastDelta(in state: PublicState) throws -> Direction {
        try state.work.result("last delta") {
            state.previousModel.map { Direction(from: $0, to: state.model) } ?? Direction(zeros: count)
        }
    }

    /// The model's changes, newest first.
    package func deltas(in state: PublicState) throws -> [Direction] {
        try state.work.result("deltas") {
            let models = [state.model] + state.earlierModels
            return zip(models.dropFirst(), models).map { Direction(from: $0, to: $1) }
        }
    }

    /// The last `lag` changes together, less their projection on the last one; zeros before there are two.
    package func history(_ lag: Int, in state: PublicState) throws -> Direction {
        try state.work.result("history \(lag)") {
            guard state.earlierModels.count >= 2 else { return Direction(zeros: count) }
            let start = state.earlierModels[min(lag, state.earlierModels.count) - 1]
            return Direction(from: start, to: state.model).without(try lastDelta(in: state))
        }
    }

    /// How long an update may be without being cut: the round's bound, or what somebody without it would guess from the
    /// public models.
    package func reach(in state: PublicState) -> Double {
        if let bound = state.bounds.first { return bound }
        let last = state.previousModel.map { Direction(from: $0, to: state.model).length } ?? 0
        return last > 0 ? 1.5 * last : 0.2 * Direction(state.model).length
    }
}
