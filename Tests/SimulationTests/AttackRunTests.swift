import Runs
import Simulation
import Tensors
import Testing

@Suite("Attacks, all of them")
struct AttackRunTests {
    /// One population of each kind.
    private static func everyKind(seed: Int = 1) -> SmallScenario {
        var scenario = SmallScenario(name: "attacks", seed: seed, rounds: 3)
        scenario.participants =
            ["kind: honest, count: 4"]
            + Population.Kind.allCases.filter { $0 != .honest }.map { "kind: \($0.rawValue), count: 2, drop_out: 0" }
        let count = 4 + 2 * (Population.Kind.allCases.count - 1)
        scenario.cohort = "size: \(count), quorum: 2, deadline_s: 60"
        return scenario
    }

    @Test("Every update is on the grid, and two keys of a population never send the same bytes unless they copy")
    func updates() throws {
        for kind in Population.Kind.allCases where kind != .honest {
            let world = try AttackWorld("kind: \(kind.rawValue), count: 4", rounds: 3)
            for round in 1...3 {
                let updates = try world.updates(of: kind, round: round)
                let isOnGrid = updates.allSatisfy { $0.values.allSatisfy { world.grid.contains(Float($0)) } }
                #expect(isOnGrid, "\(kind) in round \(round)")
                if kind != .copy { #expect(Set(updates.map(\.values)).count == 4, "\(kind) in round \(round)") }
            }
        }
    }

    @Test("The same seed gives the same updates, another seed others")
    func seeds() throws {
        for kind in Population.Kind.allCases where kind != .honest {
            let entry = "kind: \(kind.rawValue), count: 3"
            let first = try AttackWorld(entry, rounds: 3).updates(of: kind, round: 3)
            #expect(try AttackWorld(entry, rounds: 3).updates(of: kind, round: 3) == first, "\(kind)")
            guard kind != .zero, kind != .earlyOnly else { continue }
            #expect(try AttackWorld(entry, seed: 2, rounds: 3).updates(of: kind, round: 3) != first, "\(kind)")
        }
    }

    @Test("A run with one population of each kind ends the same for any number of threads")
    func run() throws {
        let room = try RunRoom()
        let one = try room.run(Self.everyKind().text, threads: 1)
        let four = try room.run(Self.everyKind().text, threads: 4)
        #expect(one.summary.ledgerRoot == four.summary.ledgerRoot)
        #expect(one.summary.rounds.count == 3)
        let late = one.summary.participants.filter { $0.population == "late" }
        #expect(late.allSatisfy { $0.accepted == 0 })
    }

    @Test("The history holds the last eight models and the first four, and a round that changed nothing adds none")
    func history() throws {
        let world = try AttackWorld(rounds: 12)
        let last = world.state(12)
        #expect(last.earlierModels.count == PublicState.historyCount)
        for (place, model) in last.earlierModels.enumerated() { #expect(model === world.state(11 - place).model) }
        #expect(last.openingModels.count == PublicState.openingCount)
        for (place, model) in last.openingModels.enumerated() { #expect(model === world.state(place + 1).model) }
        let same = last.next(round: 13, model: last.model)
        #expect(same.earlierModels.first === last.earlierModels.first)
    }
}
