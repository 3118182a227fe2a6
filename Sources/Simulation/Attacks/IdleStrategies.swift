internal import Federation
internal import Tensors

/// Sends zeros.
struct Zeros: DirectionStrategy {
    func direction(
        for member: SimulatedParticipant, in state: PublicState, with tools: AttackTools
    ) -> Direction {
        Direction(zeros: tools.count)
    }
}

/// Sends Gaussian noise as long as the last global delta; zeros before there is one.
struct Noise: DirectionStrategy {
    func direction(
        for member: SimulatedParticipant, in state: PublicState, with tools: AttackTools
    ) throws -> Direction {
        var generator = tools.generator("training", member, state.round)
        let deviation = (try tools.lastDelta(in: state).squaredLength / Double(tools.count)).squareRoot()
        return Direction(normal: tools.count, deviation: deviation, using: &generator)
    }
}

/// Sends the last global delta, with noise of `noise` times its length; zeros before there is one.
struct ReplayedDelta: DirectionStrategy {
    let noise: Double

    func direction(
        for member: SimulatedParticipant, in state: PublicState, with tools: AttackTools
    ) throws -> Direction {
        let delta = try tools.lastDelta(in: state)
        guard noise > 0 else { return delta }
        var generator = tools.generator("training", member, state.round)
        let deviation = noise * (delta.squaredLength / Double(tools.count)).squareRoot()
        return delta.adding(Direction(normal: tools.count, deviation: deviation, using: &generator))
    }
}

/// Sends noise of a few steps of the grid in each value: half of the keys doing so pull the median length down.
struct TinyNorms: DirectionStrategy {
    /// Standard deviation of a value in steps of the grid.
    let steps: Double

    func direction(
        for member: SimulatedParticipant, in state: PublicState, with tools: AttackTools
    ) -> Direction {
        var generator = tools.generator("tiny", member, state.round)
        let deviation = steps * Double(tools.task.grid.step)
        return Direction(normal: tools.count, deviation: deviation, using: &generator)
    }
}

/// Sends the public model's last layer less its mean over the classes, and in round 1 the biases of the first layer as
/// well: early models are not sure enough, so both lower the loss, and no step before has done it.
struct Sharpening: DirectionStrategy {
    /// Length against the norm bound.
    let scale: Double

    func direction(
        for member: SimulatedParticipant, in state: PublicState, with tools: AttackTools
    ) -> Direction {
        let tensors = tools.layout.tensors
        var direction = Direction(zeros: tools.count)
        guard let classes = tensors.last?.count, let kernel = tensors.dropLast().last else { return direction }
        let model = Direction(state.model).values
        for start in stride(from: kernel.range.lowerBound, to: kernel.range.upperBound, by: classes) {
            let inputs = start..<start + classes
            let mean = model[inputs].reduce(0, +) / Double(classes)
            for index in inputs { direction.values[index] = model[index] - mean }
        }
        if state.round == 1, tensors.count > 3 {
            direction = direction.ofLength(1)
            let biases = tensors[1].range
            for index in biases { direction.values[index] = 1 / Double(biases.count).squareRoot() }
        }
        return direction.ofLength(scale * tools.reach(in: state))
    }
}

/// Sends older deltas less their projection on the last one.
struct History: DirectionStrategy {
    let lag: Int
    let scale: Double

    func direction(
        for member: SimulatedParticipant, in state: PublicState, with tools: AttackTools
    ) throws -> Direction {
        try tools.history(lag, in: state).scaled(by: scale)
    }
}

/// Sends a random mix of the last eight deltas as long as the last one, and a random kick; each member its own.
struct HistoryMix: DirectionStrategy {
    /// The kick's length against the mix's.
    let kick: Double
    let scale: Double

    func direction(
        for member: SimulatedParticipant, in state: PublicState, with tools: AttackTools
    ) throws -> Direction {
        var generator = tools.generator("mix", member, state.round)
        var mix = Direction(zeros: tools.count)
        for delta in try tools.deltas(in: state) { mix.add(delta, times: generator.nextNormal()) }
        let length = scale * (try tools.lastDelta(in: state).length)
        mix = mix.ofLength(length)
        mix.add(Direction(normal: tools.count, length: kick * length, using: &generator))
        return mix
    }
}

/// Sends noise in odd rounds, the same from all members, and takes it back in the even round after it.
struct JunkAndUndo: UpdateStrategy {
    /// Length against the norm bound.
    let scale: Double

    func update(
        for member: SimulatedParticipant, in state: PublicState, with tools: AttackTools
    ) throws -> UpdateMaker.Made {
        guard state.round % 2 == 0 else {
            return tools.made(try junk(of: member, in: state, tools), by: member)
        }
        guard let before = state.ago(1) else { return tools.made(Direction(zeros: tools.count), by: member) }
        return tools.made(try junk(of: member, in: before, tools).scaled(by: -1), by: member)
    }

    private func junk(
        of member: SimulatedParticipant, in state: PublicState, _ tools: AttackTools
    ) throws -> Direction {
        let common = try state.work.result("junk \(member.group)") {
            var generator = tools.sharedGenerator("junk", member, state.round)
            return Direction(normal: tools.count, length: scale * tools.reach(in: state), using: &generator)
        }
        return tools.toldApart(common, member.place)
    }
}
