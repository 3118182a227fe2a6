import Federation
import Simulation
import Tensors
import Testing
import Training

@Suite("Updates that simulated participants make")
struct UpdateMakerTests {
    /// A federation with one of each kind, and two models to start from.
    private struct World {
        let federation: PreparedFederation
        let maker: UpdateMaker
        let model: SharedParameterSet
        let previous: SharedParameterSet

        init() throws {
            federation = try PreparedFederation.load(text: SmallScenario.mixed.text, folder: ".")
            let task = federation.scenario.task
            maker = try UpdateMaker(task: task, examples: federation.train)
            previous = SharedParameterSet(task.architecture.initialParameters(seed: 1))
            var moved = previous.parameters.copy()
            let scale = task.grid.step
            moved.values.withUnsafeMutableValues { values in
                for index in values.indices { values[index] += Float(index % 2_001 - 1_000) * scale * 64 }
            }
            model = SharedParameterSet(moved)
        }

        func update(of kind: Population.Kind, round: UInt32 = 2, hasPast: Bool = true) throws -> [Float] {
            let participant = try #require(federation.participants.first { $0.population.kind == kind })
            let state = UpdateMaker.PublicState(
                round: round, model: model, previousModel: hasPast ? previous : nil)
            return values(try maker.update(of: participant, in: state).update)
        }

        /// The last global delta, on the grid.
        var delta: [Float] {
            zip(values(model), values(previous)).map { now, before in
                let scale = 16_777_216.0
                return Float(((Double(now) - Double(before)) * scale).rounded(.toNearestOrEven) / scale) + 0
            }
        }

        func values(_ set: SharedParameterSet) -> [Float] {
            set.parameters.values.withUnsafeValues { Array($0) }
        }
    }

    private static func length(_ values: [Float]) -> Double {
        values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    }

    @Test(
        "Every update is on the grid, with and without a last global delta",
        arguments: [Population.Kind.honest, .zero, .noise, .replay, .replayNoise, .labelFlip])
    func grid(kind: Population.Kind) throws {
        let world = try World()
        for hasPast in [true, false] {
            let update = try world.update(of: kind, hasPast: hasPast)
            #expect(update.count == world.federation.scenario.task.architecture.parameterLayout.count)
            let isOnGrid = update.allSatisfy { world.federation.scenario.task.grid.contains($0) }
            #expect(isOnGrid)
        }
    }

    @Test("A zero free rider sends zeros; the other free riders send zeros before there is a last global delta")
    func zeros() throws {
        let world = try World()
        #expect(try world.update(of: .zero).allSatisfy { $0 == 0 })
        for kind in [Population.Kind.noise, .replay, .replayNoise] {
            let update = try world.update(of: kind, round: 1, hasPast: false)
            #expect(update.allSatisfy { $0 == 0 }, "\(kind)")
        }
    }

    @Test("A replayer sends the last global delta again, value by value")
    func replay() throws {
        let world = try World()
        #expect(try world.update(of: .replay) == world.delta)
    }

    @Test("Noise is as long as the last global delta and points elsewhere; each round's is another")
    func noise() throws {
        let world = try World()
        let noise = try world.update(of: .noise)
        let delta = world.delta
        #expect(abs(Self.length(noise) / Self.length(delta) - 1) < 0.15)
        let dot = zip(noise, delta).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        #expect(abs(dot) < 0.2 * Self.length(noise) * Self.length(delta))
        #expect(try world.update(of: .noise) == noise)
        #expect(try world.update(of: .noise, round: 3) != noise)
    }

    @Test("A noisy replay is the delta plus noise of the length that the scenario says")
    func replayNoise() throws {
        let world = try World()
        let update = try world.update(of: .replayNoise)
        let rest = zip(update, world.delta).map { $0 - $1 }
        #expect(abs(Self.length(rest) / Self.length(world.delta) - 0.3) < 0.05)
    }

    @Test("A label flipper's update is that of training on the labels turned round, and no other")
    func labelFlip() throws {
        let world = try World()
        let task = world.federation.scenario.task
        let flipper = try #require(world.federation.participants.first { $0.population.kind == .labelFlip })
        let train = world.federation.train
        let all = try LabelledExamples(
            features: train.features.copy(), labels: train.labels.map { UInt8(train.classCount - 1) - $0 },
            featureCount: train.featureCount, classCount: train.classCount)
        let honest = SimulatedParticipant(
            number: flipper.number, key: flipper.key, population: Population(kind: .honest, count: 1),
            label: flipper.label, rows: flipper.rows, claimedSampleCount: flipper.claimedSampleCount)
        let state = UpdateMaker.PublicState(round: 2, model: world.model, previousModel: world.previous)
        let flipped = try UpdateMaker(task: task, examples: all).update(of: honest, in: state)
        let straight = try world.maker.update(of: honest, in: state)
        let sent = try world.update(of: .labelFlip)
        #expect(sent == world.values(flipped.update))
        #expect(sent != world.values(straight.update))
    }

    @Test("Free riders claim the steps that their claimed examples would have taken")
    func steps() throws {
        let world = try World()
        let state = UpdateMaker.PublicState(round: 1, model: world.model, previousModel: nil)
        let counts = try world.federation.participants.map { participant in
            (participant, try world.maker.update(of: participant, in: state).stepCount)
        }
        for (participant, stepCount) in counts {
            #expect(stepCount == (participant.claimedSampleCount + 19) / 20, "\(participant.label)")
        }
    }
}
