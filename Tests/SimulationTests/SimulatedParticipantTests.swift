import Attestation
import Federation
import Simulation
import Tensors
import Testing

@Suite("Simulated participants")
struct SimulatedParticipantTests {
    private func participants(_ scenario: SmallScenario) throws -> [SimulatedParticipant] {
        try PreparedFederation.load(text: scenario.text, folder: ".").participants
    }

    @Test("Numbers ascend, keys differ, and labels name the kind and the member")
    func identity() throws {
        var scenario = SmallScenario()
        scenario.participants = ["kind: honest, count: 11", "kind: replay-noise, count: 2"]
        let all = try participants(scenario)
        #expect(all.map(\.number) == Array(0..<13))
        #expect(Set(all.map(\.key.publicKey)).count == 13)
        #expect(all[0].label == "honest-01")
        #expect(all[8].label == "honest-09")
        #expect(all[10].label == "honest-11")
        #expect(all[12].label == "replay-noise-02")
    }

    @Test("Labels are unique where several populations are of one kind")
    func labels() throws {
        var scenario = SmallScenario()
        scenario.participants = ["kind: honest, count: 2", "kind: replay, count: 1", "kind: honest, count: 1"]
        #expect(
            try participants(scenario).map(\.label) == ["honest-01", "honest-02", "replay-01", "honest-03"])
    }

    @Test("The same seed gives the same keys, another seed others, and the coordinator's is nobody else's")
    func keys() throws {
        var other = SmallScenario()
        other.seed = 2
        let first = try participants(SmallScenario()).map(\.key.publicKey)
        #expect(try participants(SmallScenario()).map(\.key.publicKey) == first)
        #expect(Set(try participants(other).map(\.key.publicKey)).isDisjoint(with: first))
        let coordinator = try PreparedFederation.load(text: SmallScenario().text, folder: ".").coordinatorKey()
        #expect(!first.contains(coordinator.publicKey))
    }

    @Test("Who holds data claims what it holds; who holds none claims what the others hold on average")
    func claims() throws {
        let all = try participants(.mixed)
        let holders = all.filter { $0.population.kind.holdsData }
        let mean = holders.reduce(0) { $0 + $1.rows.count } / holders.count
        #expect(holders.map(\.label) == ["honest-01", "honest-02", "honest-03", "honest-04", "label-flip-01"])
        for participant in all {
            if participant.population.kind.holdsData {
                #expect(participant.claimedSampleCount == participant.rows.count)
            } else {
                #expect(participant.rows.isEmpty)
                #expect(participant.claimedSampleCount == mean)
            }
        }
    }

    @Test("Every training row goes to exactly one of those who hold data")
    func rows() throws {
        let federation = try PreparedFederation.load(text: SmallScenario.mixed.text, folder: ".")
        let rows = federation.participants.flatMap(\.rows).sorted()
        #expect(rows == Array(0..<federation.train.count))
        #expect(federation.train.count + federation.data.heldOut.count == 1_797)
        #expect(federation.sets.validation.count == 100)
        #expect(federation.sets.test.count == 100)
    }

    @Test("Kinds that work are no cheats", arguments: Population.Kind.allCases)
    func kinds(kind: Population.Kind) {
        let works = [.honest, .dropOut, .late, .leaves].contains(kind)
        #expect(kind.cheats == !works)
        #expect(kind.holdsData || !works)
        #expect(kind.holdsData == (Population(kind: kind, count: 3).shareCount > 0))
    }
}
