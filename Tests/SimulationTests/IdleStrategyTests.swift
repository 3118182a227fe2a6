import Federation
import Simulation
import Tensors
import Testing
import Training

@Suite("Attacks without data")
struct IdleStrategyTests {
    @Test("Older steps are sent without their part along the last one, and nothing is sent before there are two")
    func history() throws {
        let world = try AttackWorld("kind: history, lag: 3, scale: 2")
        #expect(try world.update(of: .history, round: 2).length == 0)
        let sent = try world.update(of: .history, round: 4)
        #expect(sent.length > 0)
        #expect(abs(sent.cosine(to: world.lastDelta(4))) < 1e-4)
        let all = Direction(from: world.state(1).model, to: world.state(4).model)
        #expect(sent.isNear(all.without(world.lastDelta(4)).scaled(by: 2)))
    }

    @Test("A mix is as long as the last step, and lies among the old steps but for its kick")
    func mix() throws {
        let plain = try AttackWorld("kind: history-mix, kick: 0")
        let sent = try plain.update(of: .historyMix, round: 4)
        #expect(abs(sent.length / plain.lastDelta(4).length - 1) < 1e-3)
        var rest = sent
        var basis: [Direction] = []
        for round in 2...4 {
            let fresh = basis.reduce(plain.lastDelta(round)) { $0.without($1) }
            basis.append(fresh)
        }
        for direction in basis { rest = rest.without(direction) }
        #expect(rest.length < 1e-3 * sent.length)
        let kicked = try AttackWorld("kind: history-mix, kick: 2").update(of: .historyMix, round: 4)
        #expect(abs(kicked.length / sent.length - 5.0.squareRoot()) < 0.4)
    }

    @Test(
        "Keys that act together send updates that sum to exactly zero, in every round",
        arguments: [
            ("kind: pair-history, count: 4", Population.Kind.pairHistory, 2),
            ("kind: pair-history, count: 2, to_bound: true", .pairHistory, 2),
            ("kind: pair-noise, count: 4", .pairNoise, 2), ("kind: triple-noise, count: 6", .tripleNoise, 3),
        ])
    func sumZero(entry: String, kind: Population.Kind, size: Int) throws {
        let world = try AttackWorld(entry)
        for round in 1...4 {
            let updates = try world.updates(of: kind, round: round)
            for start in stride(from: 0, to: updates.count, by: size) {
                let sum = Direction.sum(Array(updates[start..<start + size]))
                #expect(sum.values.allSatisfy { $0 == 0 }, "round \(round)")
            }
            #expect(Set(updates.map(\.values)).count == updates.count, "round \(round)")
        }
    }

    @Test("A key that a pair or triple has no room for sends next to nothing")
    func leftOver() throws {
        let world = try AttackWorld("kind: pair-noise, count: 3", "kind: triple-noise, count: 1")
        let pair = try world.updates(of: .pairNoise, round: 3)
        #expect(pair[2].length < 20 * Double(world.grid.step))
        #expect(pair[0].length > 0.01)
        #expect(try world.update(of: .tripleNoise, round: 3).length == 0)
    }

    @Test("Junk of an odd round is taken back in the even one, to the last bit")
    func junk() throws {
        let world = try AttackWorld("kind: junk-undo, count: 3", rounds: 6)
        for round in [1, 3, 5] {
            let junk = try world.updates(of: .junkUndo, round: round)
            let undone = try world.updates(of: .junkUndo, round: round + 1)
            for (one, other) in zip(junk, undone) {
                #expect(one.length > 0)
                #expect(one.adding(other).values.allSatisfy { $0 == 0 }, "round \(round)")
            }
            #expect(junk[0].isNear(junk[1]), "all keys push the same way")
        }
        let first = try world.update(of: .junkUndo, round: 1)
        #expect(abs(first.cosine(to: try world.update(of: .junkUndo, round: 3))) < 0.2)
    }

    @Test("Updates of tiny norm are a few steps of the grid in each value, and not zero")
    func tiny() throws {
        let world = try AttackWorld("kind: tiny-norms, scale: 2")
        let sent = try world.update(of: .tinyNorms, round: 1)
        let deviation = sent.length / Double(sent.count).squareRoot() / Double(world.grid.step)
        #expect(abs(deviation - 2) < 0.3)
    }

    @Test("Sharpening sends the last layer less its mean over the classes, and round 1's biases beside it")
    func sharpening() throws {
        let world = try AttackWorld("kind: sharpen, count: 2", rounds: 3, hidden: "16")
        for round in [1, 2] {
            let sent = try world.updates(of: .sharpen, round: round)
            let tensors = world.federation.scenario.task.architecture.parameterLayout.tensors
            let kernel = try #require(tensors.dropLast().last)
            let classes = try #require(tensors.last).count
            for start in stride(from: kernel.range.lowerBound, to: kernel.range.upperBound, by: classes) {
                let sum = sent[0].values[start..<start + classes].reduce(0, +)
                #expect(abs(sum) < 1e-5)
            }
            let isMoved = tensors.map { tensor in sent[0].values[tensor.range].contains { abs($0) > 1e-4 } }
            #expect(isMoved.suffix(2) == [true, false])
            #expect(isMoved[1] == (round == 1))
            #expect(sent[0].isNear(sent[1]) && sent[0] != sent[1], "told apart by steps of the grid")
        }
    }

    @Test("An update that is brought to the bound has its length")
    func bound() throws {
        let world = try AttackWorld(
            "kind: history, to_bound: true", "kind: few-examples, to_bound: true", "kind: poison, to_bound: true",
            "kind: reconstruct, to_bound: true, examples: 20", bound: 0.5)
        for kind in [Population.Kind.history, .fewExamples, .poison, .reconstruct] {
            #expect(abs(try world.update(of: kind, round: 4).length - 0.5) < 1e-4, "\(kind)")
        }
    }

    @Test("Several keys with the same thing to say differ in single steps of the grid, so that none is a copy")
    func toldApart() throws {
        let world = try AttackWorld("kind: replay, count: 40", "kind: zero, count: 5")
        let replays = try world.updates(of: .replay, round: 3)
        #expect(Set(replays.map(\.values)).count == 40)
        let exact = world.lastDelta(3).rounded(to: world.grid)
        #expect(replays[0] == exact)
        for replay in replays {
            let largest = replay.adding(exact, times: -1).values.map(\.magnitude).max() ?? 0
            #expect(largest <= Double(world.grid.step))
        }
        #expect(Set(try world.updates(of: .zero, round: 3).map(\.values)).count == 5)
    }
}
