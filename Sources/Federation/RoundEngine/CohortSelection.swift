package import Ledger
internal import Tensors

/// Chooses who is invited to a round: uniformly without replacement, a pure function of seed and round.
package enum CohortSelection {
    /// The invited participants, ascending. Complexity: O(population).
    ///
    /// - Parameters:
    ///   - size: how many to invite; all, if there are fewer.
    ///   - population: number of registered participants, numbered from 0.
    package static func cohort(size: Int, population: Int, seed: UInt64, round: UInt32) -> [ParticipantNumber] {
        guard size < population else { return (0..<population).map { ParticipantNumber($0) } }
        var generator = SeededGenerator(seed: seed, stream: "cohort", Int(round))
        var numbers = Array(0..<population)
        for place in 0..<size {
            numbers.swapAt(place, place + generator.nextIndex(below: population - place))
        }
        return numbers[..<size].sorted().map { ParticipantNumber($0) }
    }
}
