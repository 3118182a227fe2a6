import Federation
import Simulation
import Tensors
import Testing
import Training

/// A few rounds of honest work, and whoever a test adds to them.
struct AttackWorld {
    let federation: PreparedFederation
    let maker: UpdateMaker
    /// What was public when rounds 1, 2, … opened.
    let states: [PublicState]

    /// - Parameters:
    ///   - participants: entries of a scenario file, beside four who work.
    ///   - bound: the norm bound of each round, if there is one.
    init(_ participants: String..., seed: Int = 1, rounds: Int = 4, hidden: String = "", bound: Double? = nil) throws {
        var scenario = SmallScenario(seed: seed, hidden: hidden)
        scenario.participants = ["kind: honest, count: 4"] + participants
        federation = try PreparedFederation.load(text: scenario.text, folder: ".")
        let task = federation.scenario.task
        maker = try UpdateMaker(
            task: task, examples: federation.train,
            leaked: LeakedSecrets(participants: federation.participants, validation: federation.sets.validation))
        let start = SharedParameterSet(task.architecture.initialParameters(seed: task.seed))
        var states = [PublicState(round: 1, model: start, earlierModels: [], bounds: bound.map { [$0] } ?? [])]
        for round in 1..<UInt32(rounds) {
            let state = states[states.count - 1]
            var model = Direction(state.model)
            for member in federation.participants.prefix(4) {
                model.add(Direction(try maker.update(of: member, in: state).update), times: 0.25)
            }
            states.append(
                state.next(
                    round: round + 1, model: model.parameters(task.architecture.parameterLayout), bound: bound))
        }
        self.states = states
    }

    var grid: Grid { federation.scenario.task.grid }

    func members(of kind: Population.Kind) -> [SimulatedParticipant] {
        federation.participants.filter { $0.population.kind == kind }
    }

    func state(_ round: Int) -> PublicState { states[round - 1] }

    /// What the members of a kind send in a round.
    func updates(of kind: Population.Kind, round: Int) throws -> [Direction] {
        try members(of: kind).map { Direction(try maker.update(of: $0, in: state(round)).update) }
    }

    /// What the only member of a kind sends in a round.
    func update(of kind: Population.Kind, round: Int) throws -> Direction {
        try #require(try updates(of: kind, round: round).first)
    }

    /// The model's last change when a round opened.
    func lastDelta(_ round: Int) -> Direction {
        Direction(from: state(round - 1).model, to: state(round).model)
    }
}

extension Direction {
    func cosine(to other: Direction) -> Double { dot(other) / (length * other.length) }

    func isNear(_ other: Direction, within part: Double = 1e-4) -> Bool {
        adding(other, times: -1).length <= part * max(length, other.length)
    }

    static func sum(_ directions: [Direction]) -> Direction {
        directions.dropFirst().reduce(directions[0]) { $0.adding($1) }
    }
}
