internal import Tensors

/// Trains on its rows and sends what it got.
struct HonestWork: UpdateStrategy {
    func update(
        for member: SimulatedParticipant, in state: PublicState, with tools: AttackTools
    ) throws -> UpdateMaker.Made {
        try tools.honestWork(of: member, in: state)
    }
}

/// Trains on its examples with every label y turned to (classes - 1 - y).
struct LabelFlip: UpdateStrategy {
    func update(
        for member: SimulatedParticipant, in state: PublicState, with tools: AttackTools
    ) throws -> UpdateMaker.Made {
        let own = try tools.examples.copies(of: member.rows)
        let last = UInt8(own.classCount - 1)
        let flipped = try LabelledExamples(
            features: own.features.copy(), labels: own.labels.map { last - $0 }, featureCount: own.featureCount,
            classCount: own.classCount)
        return try tools.work(of: member, on: flipped, rows: Array(0..<flipped.count), in: state)
    }
}

/// Sends a multiple of its honest update.
struct Multiple: UpdateStrategy {
    let factor: Double

    func update(
        for member: SimulatedParticipant, in state: PublicState, with tools: AttackTools
    ) throws -> UpdateMaker.Made {
        let honest = Direction(try tools.honestWork(of: member, in: state).update)
        return tools.made(tools.bounded(honest.scaled(by: factor), of: member, in: state), by: member)
    }
}

/// Trains on the first few of its rows, and claims them all.
struct FewExamples: UpdateStrategy {
    let count: Int

    func update(
        for member: SimulatedParticipant, in state: PublicState, with tools: AttackTools
    ) throws -> UpdateMaker.Made {
        let rows = Array(member.rows.prefix(count))
        let update = Direction(try tools.work(of: member, on: tools.examples, rows: rows, in: state).update)
        return tools.made(tools.bounded(update, of: member, in: state), by: member)
    }
}

/// Works in some rounds and does something else in the others.
struct Phases: UpdateStrategy {
    let isHonest: @Sendable (UInt32) -> Bool
    let otherwise: any UpdateStrategy

    init(isHonest: @escaping @Sendable (UInt32) -> Bool, otherwise: any UpdateStrategy) {
        self.isHonest = isHonest
        self.otherwise = otherwise
    }

    init(honestThrough last: Int, otherwise: any UpdateStrategy) {
        self.init(isHonest: { Int($0) <= last }, otherwise: otherwise)
    }

    func update(
        for member: SimulatedParticipant, in state: PublicState, with tools: AttackTools
    ) throws -> UpdateMaker.Made {
        let strategy: any UpdateStrategy = isHonest(state.round) ? HonestWork() : otherwise
        return try strategy.update(for: member, in: state, with: tools)
    }
}

extension LabelledExamples {
    /// A set of some rows alone.
    func copies(of rows: [Int]) throws(TensorError) -> LabelledExamples {
        var chosen = ParameterBuffer(zeros: rows.count * featureCount)
        chosen.withUnsafeMutableValues { target in
            features.withUnsafeValues { source in
                for (place, row) in rows.enumerated() {
                    for column in 0..<featureCount {
                        target[place * featureCount + column] = source[row * featureCount + column]
                    }
                }
            }
        }
        return try LabelledExamples(
            features: chosen, labels: rows.map { labels[$0] }, featureCount: featureCount, classCount: classCount)
    }
}
