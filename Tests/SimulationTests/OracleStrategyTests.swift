import Federation
import Simulation
import Tensors
import Testing
import Training

@Suite("Attacks with what the coordinator keeps to itself")
struct OracleStrategyTests {
    @Test("A copy is another's update of the round, to the last bit, and a stale one that of the round before")
    func copies() throws {
        let world = try AttackWorld("kind: copy", "kind: stale-copy")
        for round in 2...4 {
            let seen = try world.updates(of: .honest, round: round)[0]
            #expect(try world.update(of: .copy, round: round) == seen)
            #expect(
                try world.update(of: .staleCopy, round: round) == world.updates(of: .honest, round: round - 1)[0])
        }
        #expect(try world.update(of: .staleCopy, round: 1).length == 0)
    }

    @Test("A copy may carry noise, or be the mean of all that was sent")
    func variants() throws {
        let noisy = try AttackWorld("kind: copy, variant: noisy, noise: 0.1")
        let seen = try noisy.updates(of: .honest, round: 2)[0]
        let rest = try noisy.update(of: .copy, round: 2).adding(seen, times: -1)
        #expect(abs(rest.length / seen.length - 0.1) < 0.02)
        let mean = try AttackWorld("kind: copy, variant: mean")
        let all = Direction.sum(try mean.updates(of: .honest, round: 2)).scaled(by: 0.25)
        #expect(try mean.update(of: .copy, round: 2).isNear(all))
    }

    @Test("Who holds the validation set lowers its loss, away from the last step")
    func validation() throws {
        let world = try AttackWorld("kind: validation-holder, scale: 0.1")
        let sent = try world.update(of: .validationHolder, round: 3)
        #expect(abs(sent.cosine(to: world.lastDelta(3))) < 1e-3)
        #expect(try loss(world, after: sent) < loss(world, after: sent.scaled(by: 0)))
        let trained = try AttackWorld("kind: validation-holder, variant: training")
        let work = try trained.update(of: .validationHolder, round: 3)
        #expect(try loss(trained, after: work) < loss(trained, after: work.scaled(by: 0)))
    }

    private func loss(_ world: AttackWorld, after update: Direction) throws -> Double {
        let task = world.federation.scenario.task
        let model = Direction(world.state(3).model).adding(update).parameters(task.architecture.parameterLayout)
        return try Evaluator(architecture: task.architecture)
            .evaluate(model.parameters, on: world.federation.sets.validation).meanLoss
    }

    @Test("Outside a simulation there is nothing to see, and the attack says so", arguments: Population.Kind.allCases)
    func refusal(kind: Population.Kind) throws {
        guard kind.isOracle else { return }
        let world = try AttackWorld("kind: \(kind.rawValue)")
        let maker = try UpdateMaker(task: world.federation.scenario.task, examples: world.federation.train)
        let member = try #require(world.members(of: kind).first)
        #expect(throws: SimulationError(.underlying, "")) { try maker.update(of: member, in: world.state(2)) }
    }
}
