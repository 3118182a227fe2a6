import Federation
import Simulation
import Tensors
import Testing
import Training

@Suite("Attacks of those who hold data")
struct WorkingStrategyTests {
    /// What a member would send if it were honest.
    private func honest(_ member: SimulatedParticipant, _ world: AttackWorld, round: Int) throws -> Direction {
        try honest(member, member.rows, world, round: round)
    }

    private func honest(
        _ member: SimulatedParticipant, _ rows: [Int], _ world: AttackWorld, round: Int
    ) throws -> Direction {
        let worker = SimulatedParticipant(
            number: member.number, key: member.key, population: Population(kind: .honest, count: 1), label: "worker",
            rows: rows, claimedSampleCount: rows.count)
        return Direction(try world.maker.update(of: worker, in: world.state(round)).update)
    }

    @Test("Scaled and poisoned updates are multiples of the honest one")
    func multiples() throws {
        let world = try AttackWorld("kind: scaled, factor: 10", "kind: poison, factor: 2")
        for (kind, factor) in [(Population.Kind.scaled, 10.0), (.poison, -2)] {
            let member = try #require(world.members(of: kind).first)
            let expected = try honest(member, world, round: 2).scaled(by: factor).rounded(to: world.grid)
            #expect(try world.update(of: kind, round: 2) == expected)
        }
    }

    @Test("Who trains on few examples takes the first of its rows and claims them all")
    func fewExamples() throws {
        let world = try AttackWorld("kind: few-examples, examples: 7")
        let member = try #require(world.members(of: .fewExamples).first)
        #expect(
            try world.update(of: .fewExamples, round: 2)
                == honest(member, Array(member.rows.prefix(7)), world, round: 2))
        #expect(member.claimedSampleCount == member.rows.count)
    }

    @Test("Those who work some of the time send honest updates then, and zeros or the last step otherwise")
    func phases() throws {
        let world = try AttackWorld(
            "kind: alternating", "kind: sleeper, rounds: 2", "kind: early-only, rounds: 2")
        let zeros = Direction(zeros: world.lastDelta(2).count)
        for round in 1...4 {
            let replay = round > 1 ? world.lastDelta(round).rounded(to: world.grid) : zeros
            for (kind, isHonest, otherwise) in [
                (Population.Kind.alternating, round % 2 == 1, zeros), (.sleeper, round <= 2, replay),
                (.earlyOnly, round <= 2, zeros),
            ] {
                let member = try #require(world.members(of: kind).first)
                let expected = isHonest ? try honest(member, world, round: round) : otherwise
                #expect(try world.update(of: kind, round: round) == expected, "\(kind) in round \(round)")
            }
        }
    }

    @Test("Who joins late does not answer before, and who leaves does not answer after")
    func absence() throws {
        let world = try AttackWorld("kind: late, rounds: 3", "kind: leaves, rounds: 2")
        let network = SimulatedNetwork(scenario: world.federation.scenario, blobByteCount: 1_000)
        let late = try #require(world.members(of: .late).first)
        let leaver = try #require(world.members(of: .leaves).first)
        #expect(
            (1...5).map { network.fate(of: late, round: $0).arrivalMs != nil } == [false, false, false, true, true])
        #expect((1...4).map { network.fate(of: leaver, round: $0).arrivalMs != nil } == [true, true, false, false])
        #expect(try world.update(of: .late, round: 4) == honest(late, world, round: 4))
    }

    @Test("Who inflates its claim sends an honest update and says it had many times its examples")
    func claims() throws {
        let world = try AttackWorld("kind: claims, claims: 50")
        let member = try #require(world.members(of: .claims).first)
        #expect(member.claimedSampleCount == 50 * member.rows.count)
        #expect(try world.update(of: .claims, round: 2) == honest(member, world, round: 2))
    }

    @Test("Two keys around one honest update send twice of it together")
    func pairs() throws {
        let world = try AttackWorld("kind: pair-own, count: 4, noise: 0.5", "kind: pair-own-history, count: 2")
        for kind in [Population.Kind.pairOwn, .pairOwnHistory] {
            let members = world.members(of: kind)
            let updates = try world.updates(of: kind, round: 4)
            for first in stride(from: 0, to: updates.count, by: 2) {
                let own = try honest(members[first], world, round: 4)
                #expect(updates[first].adding(updates[first + 1]) == own.scaled(by: 2))
                #expect(!updates[first].isNear(own, within: 0.01))
                #expect(members[first].rows == members[first + 1].rows)
            }
        }
    }

    @Test("Keys of one person share its rows: all of them, or divided among them; no row is dealt out twice")
    func holdings() throws {
        let world = try AttackWorld(
            "kind: same-data, count: 3", "kind: half-data, count: 2", "kind: pair-own, count: 4", "kind: scaled")
        let same = world.members(of: .sameData)
        #expect(Set(same.map(\.rows)).count == 1)
        #expect(Set(try world.updates(of: .sameData, round: 2).map(\.values)).count == 3, "each in its own order")
        let halves = world.members(of: .halfData).map(\.rows)
        #expect(abs(halves[0].count - halves[1].count) <= 1)
        #expect(Set(halves[0]).isDisjoint(with: halves[1]))
        let shares =
            world.members(of: .honest).map(\.rows) + [same[0].rows] + halves
            + [world.members(of: .pairOwn)[0].rows, world.members(of: .pairOwn)[2].rows]
            + world.members(of: .scaled).map(\.rows)
        #expect(shares.flatMap(\.self).sorted() == Array(0..<world.federation.train.count))
        #expect(abs(halves.joined().count - same[0].rows.count) <= 1)
    }
}
