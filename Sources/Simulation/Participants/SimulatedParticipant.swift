package import Attestation
internal import Federation
package import Ledger

/// One simulated participant: its key, what it does, and the training rows it holds.
package struct SimulatedParticipant: Sendable {
    package let number: ParticipantNumber
    package let key: SigningKey
    package let population: Population
    /// For people, and unique: `honest-03` is the third of all that are honest.
    package let label: String
    /// Its rows of the training set; empty for those who hold no data.
    package let rows: [Int]
    /// Examples it says it trained on.
    package let claimedSampleCount: Int
    /// Which of the scenario's populations it belongs to.
    package let group: Int
    /// Its place among the members of its population.
    package let place: Int

    package init(
        number: ParticipantNumber, key: SigningKey, population: Population, label: String, rows: [Int],
        claimedSampleCount: Int, group: Int = 0, place: Int = 0
    ) {
        self.number = number
        self.key = key
        self.population = population
        self.label = label
        self.rows = rows
        self.claimedSampleCount = claimedSampleCount
        self.group = group
        self.place = place
    }

    /// The same participant under another number: it draws what that number draws.
    func with(number: ParticipantNumber) -> SimulatedParticipant {
        SimulatedParticipant(
            number: number, key: key, population: population, label: label, rows: rows,
            claimedSampleCount: claimedSampleCount, group: group, place: place)
    }

    /// Everybody of a scenario, in order of number.
    ///
    /// Data are dealt out to those who hold some; the others claim as many examples as these hold on average. Keys are
    /// drawn from the seed, so that a simulation's ledger is a function of its scenario; they protect nothing.
    ///
    /// - Parameter partition: the rows of each share, in the order of the populations that hold some.
    package static func all(
        of scenario: Scenario, partition: [[Int]]
    ) throws(AttestationError) -> [SimulatedParticipant] {
        let held = partition.reduce(0) { $0 + $1.count }
        let meanCount = max(1, held / max(1, partition.count))
        var participants: [SimulatedParticipant] = []
        var parts = partition.makeIterator()
        var counts: [Population.Kind: Int] = [:]
        for (group, population) in scenario.populations.enumerated() {
            let shares = (0..<population.shareCount).map { _ in parts.next() ?? [] }
            for place in 0..<population.count {
                let number = participants.count
                let index = counts[population.kind, default: 0] + 1
                counts[population.kind] = index
                let rows = rows(of: place, in: population, shares: shares)
                participants.append(
                    SimulatedParticipant(
                        number: ParticipantNumber(number),
                        key: try simulationKey("participant", number, seed: scenario.task.seed),
                        population: population,
                        label: "\(population.kind.rawValue)-\(index < 10 ? "0" : "")\(index)",
                        rows: rows,
                        claimedSampleCount: claimedCount(rows.isEmpty ? meanCount : rows.count, by: population),
                        group: group, place: place))
            }
        }
        return participants
    }

    private static func rows(of place: Int, in population: Population, shares: [[Int]]) -> [Int] {
        switch population.kind.holding {
        case .nothing: return []
        case .shareEach: return shares[place]
        case .sharePerPair: return shares[place / 2]
        case .sameShare: return shares[0]
        case .splitShare:
            let own = stride(from: place, to: shares[0].count, by: population.count).map { shares[0][$0] }
            // More members than rows: some hold the same row.
            return own.isEmpty ? Array(shares[0].dropFirst(place % max(1, shares[0].count)).prefix(1)) : own
        }
    }

    private static func claimedCount(_ held: Int, by population: Population) -> Int {
        guard population.kind == .claims else { return held }
        let claimed = (Double(held) * population.settings.claims).rounded()
        return Int(min(max(claimed, 1), Double(FederationLimits.sampleCount)))
    }

    /// The key of somebody in the simulated world: Ed25519 from SHA-256 of the role, the number and the seed.
    package static func simulationKey(
        _ role: String, _ number: Int, seed: UInt64
    ) throws(AttestationError) -> SigningKey {
        let material = "tributary/simulation/\(role)/\(number)/\(seed)"
        return try SigningKey(seed: SHA256.hash(Array(material.utf8)).bytes)
    }
}
