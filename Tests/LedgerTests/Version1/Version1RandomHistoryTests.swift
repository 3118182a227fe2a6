import Attestation
import Ledger
import Tensors
import Testing

@Suite("Version 1: Random valid histories")
struct Version1RandomHistoryTests {
    @Test("Random histories over several tasks keep every invariant after every entry, and replay to the same state")
    func histories() throws {
        for seed in 0..<12 {
            var generator = SeededGenerator(seed: UInt64(seed), stream: "history")
            var writer = try Version1Writer(
                participants: 1 + generator.nextIndex(below: 5),
                genesis: Version1Fixture.genesis(cap: 60_000_000)
            )
            var tasks: [Digest] = []
            for step in 0..<60 { try act(step, &writer, &tasks, &generator) }
            for task in tasks where writer.state.tasks[task]?.stage == .running {
                if writer.state.tasks[task]?.round != nil { try finish(task, &writer, &generator) }
                try writer.close(task)
            }
            try writer.add(.snapshot(writer.state.snapshot))
            let report = Replay.run(store: writer.store, threads: 2)
            #expect(report.fault == nil)
            #expect(report.state.head == writer.state.head)
            #expect(report.state.snapshot == writer.state.snapshot)
            #expect(report.state.tasks == writer.state.tasks)
        }
    }

    private func act(
        _ step: Int,
        _ writer: inout Version1Writer,
        _ tasks: inout [Digest],
        _ generator: inout SeededGenerator
    ) throws {
        guard !tasks.isEmpty, generator.nextIndex(below: 10) > 0 else {
            guard tasks.count < 4 else { return }
            let sponsored = generator.next() & 1 == 0
            let task = Version1Fixture.task(
                "task \(step)",
                score: RewardRule.Score.allCases[generator.nextIndex(below: 3)],
                pool: UInt64(generator.nextIndex(below: 5_000_000)),
                epochRounds: UInt32(1 + generator.nextIndex(below: 3)),
                sponsor: sponsored ? try LedgerFixture.sponsor() : nil,
                quorum: UInt32(1 + generator.nextIndex(below: 3))
            )
            try writer.add(.taskOpened(task))
            tasks.append(task.task)
            return
        }
        let id = tasks[generator.nextIndex(below: tasks.count)]
        let task = try #require(writer.state.tasks[id])
        guard task.stage == .running else { return }
        guard let round = task.round else {
            if let sponsor = task.opening.sponsor, generator.next() & 1 == 0 {
                try writer.add(
                    .transfer(
                        Transfer(
                            kind: .deposit,
                            debit: sponsor,
                            credit: task.escrow,
                            amount: 700_001,
                            task: id,
                            period: UInt32(step)
                        )
                    )
                )
            }
            if generator.nextIndex(below: 12) == 0 { return try writer.close(id) }
            let cohort = writer.state.participants.indices.filter { _ in generator.nextIndex(below: 4) > 0 }
            return try writer.openRound(id, cohort: (cohort.isEmpty ? [0] : cohort).map { ParticipantNumber($0) })
        }
        let waiting = round.cohort.filter { round.accepted[$0] == nil }
        guard !waiting.isEmpty, generator.nextIndex(below: 4) > 0 else { return try finish(id, &writer, &generator) }
        let number = Int(waiting[generator.nextIndex(below: waiting.count)])
        if generator.nextIndex(below: 4) == 0 {
            try writer.refuse(number, task: id, RefusalReason.allCases[generator.nextIndex(below: 16)])
        } else {
            try writer.accept(number, task: id, samples: 1 + generator.next() >> 40)
        }
    }

    private func finish(
        _ task: Digest,
        _ writer: inout Version1Writer,
        _ generator: inout SeededGenerator
    ) throws {
        let scores = writer.state.participants.map { _ in Int64(bitPattern: generator.next()) >> 12 }
        try writer.finishRound(task) { scores[Int($0)] }
    }
}
