internal import Federation
internal import Tensors
internal import Training

/// Sends what another participant sends in the same round. Asks what it would be worth to see open rounds.
struct Copy: UpdateStrategy {
    let variant: Population.Variant
    /// Length of the noise against the copied update, where there is some.
    let noise: Double

    func update(
        for member: SimulatedParticipant, in state: PublicState, with tools: AttackTools
    ) throws -> UpdateMaker.Made {
        if variant == .mean {
            return tools.made(tools.toldApart(try mean(member, state, tools), member.place), by: member)
        }
        let seen = try tools.workOfVictim(seenBy: member, in: state)
        guard variant == .noisy else { return tools.made(seen, by: member) }
        var generator = tools.generator("copy", member, state.round)
        let random = Direction(normal: tools.count, length: noise * seen.length, using: &generator)
        return tools.made(seen.adding(random), by: member)
    }

    private func mean(
        _ member: SimulatedParticipant, _ state: PublicState, _ tools: AttackTools
    ) throws -> Direction {
        let honest = try tools.secrets(for: member).participants.filter { $0.population.kind == .honest }
        return try state.work.result("mean of all") {
            var sum = Direction(zeros: tools.count)
            for other in honest { sum.add(Direction(try tools.honestWork(of: other, in: state).update)) }
            return sum.scaled(by: 1 / Double(max(1, honest.count)))
        }
    }
}

/// Sends what another participant sent some rounds ago; zeros before.
struct StaleCopy: DirectionStrategy {
    let lag: Int

    func direction(
        for member: SimulatedParticipant, in state: PublicState, with tools: AttackTools
    ) throws -> Direction {
        guard let before = state.ago(lag) else { return Direction(zeros: tools.count) }
        return try state.work.result("stale \(lag)") { try tools.workOfVictim(seenBy: member, in: before) }
    }
}

/// Follows the gradient of the validation loss less its projection on the last delta, as far as the bound.
struct ValidationGradient: DirectionStrategy {
    /// Length against the norm bound.
    let scale: Double

    func direction(
        for member: SimulatedParticipant, in state: PublicState, with tools: AttackTools
    ) throws -> Direction {
        let validation = try tools.secrets(for: member).validation
        let downhill = try state.work.result("validation gradient") {
            var gradient = ParameterSet(zeros: tools.layout)
            try Evaluator(architecture: tools.task.architecture)
                .gradient(of: state.model.parameters, on: validation, into: &gradient)
            return Direction(SharedParameterSet(gradient)).scaled(by: -1).without(try tools.lastDelta(in: state))
        }
        return downhill.ofLength(scale * tools.reach(in: state))
    }
}

/// Trains on the validation set.
struct ValidationTraining: UpdateStrategy {
    func update(
        for member: SimulatedParticipant, in state: PublicState, with tools: AttackTools
    ) throws -> UpdateMaker.Made {
        let validation = try tools.secrets(for: member).validation
        return try tools.work(of: member, on: validation, rows: Array(0..<validation.count), in: state)
    }
}

extension AttackTools {
    /// What the first honest participant sends in a round.
    fileprivate func workOfVictim(
        seenBy member: SimulatedParticipant, in state: PublicState
    ) throws -> Direction {
        let victim = try secrets(for: member).participants.first { $0.population.kind == .honest }
        guard let victim else { return Direction(zeros: count) }
        return try state.work.result("victim") { Direction(try honestWork(of: victim, in: state).update) }
    }
}
