import Federation
import Simulation
import Tensors
import Testing
import Training

@Suite("Attacks with data of their own making")
struct ReconstructionTests {
    @Test("The network's gradient by its parameters is the evaluator's, and that by its inputs is the slope")
    func gradients() throws {
        let world = try AttackWorld(hidden: "8")
        let task = world.federation.scenario.task
        let examples = world.federation.sets.validation
        let network = InputGradients(architecture: task.architecture, labels: examples.labels)
        let inputs = examples.features.withUnsafeValues { $0.map(Double.init) }
        let model = world.state(3).model
        let found = network.gradients(of: Direction(model).values, at: inputs)
        var expected = ParameterSet(zeros: task.architecture.parameterLayout)
        let loss = try Evaluator(architecture: task.architecture)
            .gradient(of: model.parameters, on: examples, into: &expected)
        #expect(abs(found.loss - loss) < 1e-5)
        #expect(Direction(found.byParameters).isNear(Direction(SharedParameterSet(expected)), within: 1e-3))
        for index in stride(from: 20, to: inputs.count, by: 611) {
            var (ahead, behind) = (inputs, inputs)
            ahead[index] += 1e-5
            behind[index] -= 1e-5
            let slope =
                (network.gradients(of: Direction(model).values, at: ahead).loss
                    - network.gradients(of: Direction(model).values, at: behind).loss) / 2e-5
            #expect(abs(slope - found.byInputs[index]) < 1e-6)
        }
    }

    @Test("Reconstructed inputs point more and more as the public steps did", arguments: ["", "16"])
    func matching(hidden: String) throws {
        let world = try AttackWorld("kind: reconstruct", hidden: hidden)
        var generator = SeededGenerator(seed: 1, stream: "test")
        let made = Reconstruction.matching(
            [world.state(1).model, world.state(2).model], count: 20, task: world.federation.scenario.task, from: nil,
            using: &generator)
        let (first, last) = (try #require(made.objectives.first), try #require(made.objectives.last))
        #expect(last < 0.5 * first, "from \(first) to \(last)")
        #expect((0..<10).allSatisfy { label in made.labels.count { Int($0) == label } == 2 })
    }

    @Test("Distilled inputs are recognised by the model that they were made for")
    func distilled() throws {
        let world = try AttackWorld("kind: reconstruct, variant: distilled")
        var generator = SeededGenerator(seed: 1, stream: "test")
        let made = Reconstruction.recognised(
            by: world.state(4).model, count: 20, task: world.federation.scenario.task, using: &generator)
        #expect(try #require(made.objectives.last) < 0.2 * (try #require(made.objectives.first)))
    }

    @Test("Nothing is reconstructed before round 2; then the update points where honest ones point")
    func updates() throws {
        let world = try AttackWorld("kind: reconstruct, count: 2", hidden: "16")
        #expect(try world.update(of: .reconstruct, round: 1).length == 0)
        let sent = try world.updates(of: .reconstruct, round: 2)
        let honest = try world.updates(of: .honest, round: 2)[0]
        #expect(sent[0].cosine(to: honest) > 0.1, "\(sent[0].cosine(to: honest))")
        #expect(sent[0] != sent[1])
    }

    @Test("A model that learned ten glyphs of a font alone knows digits better than chance")
    func pictures() throws {
        let world = try AttackWorld("kind: public-data, noise: 0.1")
        let task = world.federation.scenario.task
        let update = try world.update(of: .publicData, round: 1)
        let model = Direction(world.state(1).model).adding(update).parameters(task.architecture.parameterLayout)
        let tested = try Evaluator(architecture: task.architecture)
            .evaluate(model.parameters, on: world.federation.sets.test)
        #expect(tested.correctCount * 4 > tested.exampleCount, "\(tested.correctCount) of \(tested.exampleCount)")
    }
}
