import Federation
import Ledger
import Testing

@Suite("Choosing a cohort")
struct CohortSelectionTests {
    @Test("A cohort has the size asked for, or everybody, each once, in ascending order")
    func shape() {
        for population in 0...12 {
            for size in 0...14 {
                for round in 1...5 as ClosedRange<UInt32> {
                    let cohort = CohortSelection.cohort(size: size, population: population, seed: 3, round: round)
                    #expect(cohort.count == min(size, population))
                    #expect(zip(cohort, cohort.dropFirst()).allSatisfy { $0 < $1 })
                    #expect(cohort.allSatisfy { Int($0) < population })
                }
            }
        }
    }

    @Test("A cohort is a function of seed and round, and another for each of them")
    func function() {
        var cohorts: Set<[ParticipantNumber]> = []
        for seed in 0..<20 as Range<UInt64> {
            for round in 0..<20 as Range<UInt32> {
                let cohort = CohortSelection.cohort(size: 10, population: 1_000, seed: seed, round: round)
                #expect(cohort == CohortSelection.cohort(size: 10, population: 1_000, seed: seed, round: round))
                cohorts.insert(cohort)
            }
        }
        #expect(cohorts.count == 400)
    }

    @Test("Everybody is invited equally often, within five standard deviations")
    func uniform() {
        let (rounds, population, size) = (5_000, 20, 5)
        var counts = [Int](repeating: 0, count: population)
        for round in 0..<rounds {
            let cohort = CohortSelection.cohort(size: size, population: population, seed: 11, round: UInt32(round))
            for number in cohort { counts[Int(number)] += 1 }
        }
        let share = Double(size) / Double(population)
        let deviation = (Double(rounds) * share * (1 - share)).squareRoot()
        for count in counts { #expect(abs(Double(count) - Double(rounds) * share) < 5 * deviation) }
    }

    @Test("Every pair is invited together about equally often")
    func pairs() {
        var counts: [[ParticipantNumber]: Int] = [:]
        for round in 0..<6_000 {
            counts[CohortSelection.cohort(size: 2, population: 4, seed: 5, round: UInt32(round)), default: 0] += 1
        }
        #expect(counts.count == 6)
        for count in counts.values { #expect(abs(count - 1_000) < 150) }
    }
}
