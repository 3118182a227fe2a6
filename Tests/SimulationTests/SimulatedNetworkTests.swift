import Datasets
import Federation
import Simulation
import Testing

@Suite("The simulated network")
struct SimulatedNetworkTests {
    private static func network(_ scenario: Scenario) -> SimulatedNetwork {
        SimulatedNetwork(scenario: scenario, blobByteCount: 20_000)
    }

    private static func world(_ network: String) throws -> (Scenario, [SimulatedParticipant]) {
        var small = SmallScenario()
        small.network = network
        small.participants = [
            "kind: honest, count: 10, late: 0.3", "kind: drop-out, count: 10, drop_out: 0.5",
            "kind: honest, count: 2, speed: 0.001",
        ]
        let federation = try PreparedFederation.load(text: small.text, folder: ".")
        return (federation.scenario, federation.participants)
    }

    @Test("What becomes of an invitation is a function of scenario, participant and round")
    func function() throws {
        let (scenario, participants) = try Self.world("latency_ms: 40, jitter_ms: 200, duplicate: 0.3")
        let (first, second) = (Self.network(scenario), Self.network(scenario))
        for round in UInt32(1)...10 {
            for participant in participants.reversed() {
                #expect(
                    first.fate(of: participant, round: round) == second.fate(of: participant, round: round))
            }
        }
    }

    @Test("Another network seed changes when answers come, and not whether they come, nor who is held up")
    func arrivalSeed() throws {
        let (scenario, participants) = try Self.world("latency_ms: 40, jitter_ms: 200")
        var shuffled = scenario
        shuffled.network.seed = 99
        let deadlineMs = UInt64(scenario.task.cohort.deadlineSeconds) * 1_000
        var changed = 0
        var gone = 0
        for round in UInt32(1)...20 {
            for participant in participants {
                let one = Self.network(scenario).fate(of: participant, round: round)
                let other = Self.network(shuffled).fate(of: participant, round: round)
                #expect((one.arrivalMs == nil) == (other.arrivalMs == nil))
                guard let before = one.arrivalMs, let after = other.arrivalMs else {
                    gone += 1
                    continue
                }
                #expect((before > deadlineMs) == (after > deadlineMs))
                changed += before == after ? 0 : 1
            }
        }
        #expect(changed > 200)
        #expect((60...140).contains(gone), "10 of them drop out every other round; \(gone) of 200 did")
    }

    @Test("Another task seed changes who drops out")
    func taskSeed() throws {
        let (scenario, participants) = try Self.world("latency_ms: 40")
        var other = scenario
        other.task.seed += 1
        let fates = { (scenario: Scenario) in
            (UInt32(1)...10).flatMap { round in
                participants.map { Self.network(scenario).fate(of: $0, round: round).arrivalMs == nil }
            }
        }
        #expect(fates(scenario) != fates(other))
    }

    @Test("A slow box takes longer, and nobody is faster than the wire")
    func speed() throws {
        let (scenario, participants) = try Self.world("latency_ms: 100, jitter_ms: 0, bandwidth_mbps: 1")
        let network = Self.network(scenario)
        let slow = participants[21]
        let fast = SimulatedParticipant(
            number: slow.number, key: slow.key, population: Population(kind: .honest, count: 1), label: "fast",
            rows: slow.rows, claimedSampleCount: slow.claimedSampleCount)
        let slowMs = try #require(network.fate(of: slow, round: 1).arrivalMs)
        let fastMs = try #require(network.fate(of: fast, round: 1).arrivalMs)
        #expect(slowMs > fastMs)
        // There and back, and two times 20,000 bytes at 10^6 bits a second.
        #expect(fastMs >= 200 + 320)
    }

    @Test("A second copy comes after the first, as often as the scenario says")
    func duplicates() throws {
        let (scenario, participants) = try Self.world("duplicate: 0.25")
        let network = Self.network(scenario)
        let fates = (UInt32(1)...40).flatMap { round in
            participants.prefix(10).map { network.fate(of: $0, round: round) }
        }
        let repeats = fates.filter { $0.repeatMs != nil }
        for fate in repeats { #expect((fate.repeatMs ?? 0) > (fate.arrivalMs ?? .max)) }
        #expect((60...140).contains(repeats.count), "\(repeats.count) of \(fates.count)")
    }
}
