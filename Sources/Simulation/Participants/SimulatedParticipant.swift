package import Attestation
internal import Federation
package import Ledger

/// One simulated participant: its key, what it does, and the training rows it holds.
package struct SimulatedParticipant: Sendable {
    package let number: ParticipantNumber
    package let key: SigningKey
    package let population: Population
    /// For people: `honest-03`.
    package let label: String
    /// Its rows of the training set; empty for those who hold no data.
    package let rows: [Int]
    /// Examples it says it trained on.
    package let claimedSampleCount: Int

    package init(
        number: ParticipantNumber, key: SigningKey, population: Population, label: String, rows: [Int],
        claimedSampleCount: Int
    ) {
        self.number = number
        self.key = key
        self.population = population
        self.label = label
        self.rows = rows
        self.claimedSampleCount = claimedSampleCount
    }

    /// Everybody of a scenario, in order of number.
    ///
    /// Data are dealt out to those who hold some; the others claim as many examples as these hold on average. Keys are
    /// drawn from the seed, so that a simulation's ledger is a function of its scenario; they protect nothing.
    ///
    /// - Parameter partition: the rows of each data holder.
    package static func all(
        of scenario: Scenario, partition: [[Int]]
    ) throws(AttestationError) -> [SimulatedParticipant] {
        let held = partition.reduce(0) { $0 + $1.count }
        let meanCount = max(1, held / max(1, partition.count))
        var participants: [SimulatedParticipant] = []
        var parts = partition.makeIterator()
        for population in scenario.populations {
            for member in 0..<population.count {
                let number = participants.count
                let rows = population.kind.holdsData ? parts.next() ?? [] : []
                participants.append(
                    SimulatedParticipant(
                        number: ParticipantNumber(number),
                        key: try simulationKey("participant", number, seed: scenario.task.seed),
                        population: population,
                        label: "\(population.kind.rawValue)-\(member < 9 ? "0" : "")\(member + 1)",
                        rows: rows, claimedSampleCount: rows.isEmpty ? meanCount : rows.count))
            }
        }
        return participants
    }

    /// The key of somebody in the simulated world: Ed25519 from SHA-256 of the role, the number and the seed.
    package static func simulationKey(
        _ role: String, _ number: Int, seed: UInt64
    ) throws(AttestationError) -> SigningKey {
        let material = "tributary/simulation/\(role)/\(number)/\(seed)"
        return try SigningKey(seed: SHA256.hash(Array(material.utf8)).bytes)
    }
}
