internal import Federation
internal import Tensors

/// Two or three keys after each other send updates that sum to zero, so that the model hardly shows them. A key that is
/// left over sends zeros.
struct SumZero: UpdateStrategy {
    /// What the updates are made of.
    enum Part: Sendable {
        /// Noise as long as the norm bound.
        case noise
        /// Older deltas less their projection on the last one.
        case history(lag: Int)
    }

    /// Keys that sum to zero together: 2 or 3.
    let size: Int
    let part: Part
    let scale: Double

    func update(
        for member: SimulatedParticipant, in state: PublicState, with tools: AttackTools
    ) throws -> UpdateMaker.Made {
        let (joint, role) = member.place.quotientAndRemainder(dividingBy: size)
        guard (joint + 1) * size <= member.population.count else {
            return tools.made(tools.toldApart(Direction(zeros: tools.count), member.place), by: member)
        }
        let free = try (0..<size - 1).map { try direction(of: member, joint, $0, state, tools) }
        guard role == size - 1 else { return tools.made(free[role], by: member) }
        return tools.made(
            free.reduce(Direction(zeros: tools.count)) { $0.adding($1) }.scaled(by: -1), by: member)
    }

    /// What one of the free keys of a pair or triple sends, on the grid, so that the sum is exact.
    private func direction(
        of member: SimulatedParticipant, _ joint: Int, _ role: Int, _ state: PublicState, _ tools: AttackTools
    ) throws -> Direction {
        let grid = tools.task.grid
        let limit = Double(grid.largest) / Double(size - 1) - Double(grid.step)
        func onGrid(_ direction: Direction) -> Direction {
            // A sum beyond the grid's range would be cut, and no longer be zero.
            let kept = Direction(direction.values.map { min(max($0, -limit), limit) })
            return tools.toldApart(kept, joint * size + role + 1)
        }
        switch part {
        case .noise:
            var generator = tools.sharedGenerator("joint", member, state.round, part: joint * size + role)
            return onGrid(
                Direction(normal: tools.count, length: scale * tools.reach(in: state), using: &generator))
        case .history(let lag):
            let history = try tools.history(lag, in: state).scaled(by: scale)
            return onGrid(tools.bounded(history, of: member, in: state))
        }
    }
}

/// Two keys with one share send their honest update plus and minus something, so that the model sees honest work. A key
/// that is left over sends its honest update.
struct PairAroundOwn: UpdateStrategy {
    /// What is added by one key and taken away by the other.
    enum Part: Sendable {
        /// A multiple of the honest update, and noise against its length.
        case own(scale: Double, noise: Double)
        /// Older deltas less their projection on the last one.
        case history(lag: Int, scale: Double)
    }

    let part: Part

    func update(
        for member: SimulatedParticipant, in state: PublicState, with tools: AttackTools
    ) throws -> UpdateMaker.Made {
        let pair = member.place / 2
        guard (pair + 1) * 2 <= member.population.count else { return try tools.honestWork(of: member, in: state) }
        let own = try state.work.result("own \(member.group) \(pair)") {
            // Both keys must come to the same update, so both train as the pair's first key.
            let first = member.with(number: member.number - UInt32(member.place % 2))
            return Direction(try tools.honestWork(of: first, in: state).update)
        }
        let other = tools.toldApart(try direction(own, member, pair, state, tools), pair + 1)
        return tools.made(own.adding(other, times: member.place % 2 == 0 ? 1 : -1), by: member)
    }

    private func direction(
        _ own: Direction, _ member: SimulatedParticipant, _ pair: Int, _ state: PublicState, _ tools: AttackTools
    ) throws -> Direction {
        switch part {
        case .own(let scale, let noise):
            var generator = tools.sharedGenerator("own", member, state.round, part: pair)
            let random = Direction(normal: tools.count, length: noise * own.length, using: &generator)
            return own.scaled(by: scale).adding(random)
        case .history(let lag, let scale):
            let history = try tools.history(lag, in: state).scaled(by: scale)
            return tools.bounded(history, of: member, in: state)
        }
    }
}
