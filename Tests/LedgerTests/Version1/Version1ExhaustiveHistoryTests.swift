import Attestation
import Ledger
import Testing

@Suite("Version 1: All small histories")
struct Version1ExhaustiveHistoryTests {
    /// What happens to one participant in a round.
    private enum Fate: CaseIterable {
        case silent, refused, accepted
    }

    private static func permutations(_ items: [Int]) -> [[Int]] {
        guard items.count > 1 else { return [items] }
        return items.indices.flatMap { index -> [[Int]] in
            var rest = items
            let first = rest.remove(at: index)
            return permutations(rest).map { [first] + $0 }
        }
    }

    private static func fates(_ count: Int) -> [[Fate]] {
        (0..<count).reduce([[]]) { lists, _ in lists.flatMap { list in Fate.allCases.map { list + [$0] } } }
    }

    @Test("Every fate of up to three participants in every order, with every sign of score, keeps the invariants")
    func oneRound() throws {
        for count in 1...3 {
            let start = try Version1Writer(participants: count)
            for fates in Self.fates(count) {
                for order in Self.permutations(Array(0..<count)) {
                    for quorum in 1...UInt32(count) {
                        try run(start, fates, order, quorum)
                    }
                }
            }
        }
    }

    private func run(_ start: Version1Writer, _ fates: [Fate], _ order: [Int], _ quorum: UInt32) throws {
        let accepted = fates.filter { $0 == .accepted }.count
        let signs: [[Int64]] = accepted == 0 ? [[1, 1, 1]] : [[1, 1, 1], [-1, 1, 2], [-1, -1, -1], [0, 0, 3]]
        for scores in signs {
            var writer = start
            let task = Version1Fixture.task(pool: 100, quorum: quorum)
            try writer.add(.taskOpened(task))
            try writer.openRound(task.task, cohort: fates.indices.map { ParticipantNumber($0) })
            for number in order {
                switch fates[number] {
                case .silent: break
                case .refused: try writer.refuse(number, task: task.task, .offGrid)
                case .accepted: try writer.accept(number, task: task.task, samples: UInt64(number + 1))
                }
            }
            try writer.finishRound(task.task) { scores[Int($0)] }
            let isAggregated = accepted >= Int(quorum)
            let state = try #require(writer.state.tasks[task.task])
            #expect(state.flows.pooled == (isAggregated ? 100 : 0))
            let weights = fates.indices.map { isAggregated && fates[$0] == .accepted ? max(0, scores[$0]) : 0 }
            let total = weights.reduce(0, +)
            for (number, weight) in weights.enumerated() {
                let earned = writer.state.accounts.balance(of: writer.state.participants[number].account).creditsPosted
                #expect(earned == (total == 0 ? 0 : UInt64(100 * weight / total)))
            }
            try writer.close(task.task)
            #expect(writer.state.accounts.balance(of: .pool(task.task)).posted == 0)
        }
    }

    @Test("The order in which contributions arrive changes nobody's pay")
    func arrivalOrder() throws {
        var results: Set<[UInt64]> = []
        for order in Self.permutations([0, 1, 2]) {
            var writer = try Version1Writer(participants: 3)
            let task = Version1Fixture.task(pool: 1_000)
            try writer.add(.taskOpened(task))
            try writer.openRound(task.task, cohort: [0, 1, 2])
            for number in order { try writer.accept(number, task: task.task) }
            try writer.finishRound(task.task) { [7, 11, 13][Int($0)] }
            results.insert(
                writer.state.participants.map { writer.state.accounts.balance(of: $0.account).available }
            )
        }
        #expect(results == [[225, 354, 419]])
    }
}
