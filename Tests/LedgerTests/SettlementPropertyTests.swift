import Attestation
import Ledger
import Rewards
import Tensors
import Testing

@Suite("Random histories of version 2")
struct SettlementPropertyTests {
    /// What the test knows of a task beside the ledger.
    private struct Books {
        var full: [[ParticipantNumber: Int64]] = []
        var losses: [(before: Int64, after: Int64)] = []
    }

    @Test("Random tasks keep every invariant, replay to the same state, and pay what the rule gives on their scores")
    func histories() throws {
        for seed in 0..<24 {
            var generator = SeededGenerator(seed: UInt64(seed), stream: "history")
            let count = 1 + generator.nextIndex(below: 5)
            var writer = try HistoryWriter(
                participants: count, units: (0..<count).map { _ in UInt32(generator.nextIndex(below: 9)) })
            let terms = try randomTerms(&generator)
            let task = LedgerFixture.task("task", terms, quorum: UInt32(1 + generator.nextIndex(below: 2)))
            try writer.open(task)
            var books = Books()
            for _ in 0..<6 where writer.state.tasks[task.task]?.mayOpenRound(timeMs: writer.timeMs) == true {
                try round(task.task, &writer, &books, &generator)
            }
            try writer.settle(task.task)
            try checkPayments(writer, task, terms, books)
            try writer.close(after: task.task)
            let report = Replay.run(store: writer.store, threads: 2)
            #expect(report.fault == nil)
            #expect(report.state.tasks == writer.state.tasks)
            #expect(report.state.snapshot == writer.state.snapshot)
        }
    }

    private func randomTerms(_ generator: inout SeededGenerator) throws -> TaskTerms {
        let isOpen = generator.next() & 1 == 0
        return LedgerFixture.terms(
            trust: isOpen ? .open : .known,
            disclosure: !isOpen && generator.next() & 1 == 0 ? .live : .afterClose,
            paidRounds: generator.next() & 3 == 0 ? .first : .all,
            pool: 1 + UInt64(generator.nextIndex(below: 10_000_000)),
            targetDrop: 1 + UInt64(generator.nextIndex(below: 1_000_000)),
            sponsor: generator.next() & 1 == 0 ? try LedgerFixture.sponsor() : nil,
            bound: 1 + UInt128(generator.next() >> 20)
        )
    }

    private func round(
        _ task: Digest,
        _ writer: inout HistoryWriter,
        _ books: inout Books,
        _ generator: inout SeededGenerator
    ) throws {
        let everybody = writer.state.participants.indices
        if generator.nextIndex(below: 3) == 0 {
            let number = ParticipantNumber(generator.nextIndex(below: everybody.count))
            let units = UInt32(1 + generator.nextIndex(below: 8))
            try writer.assign(units, to: number, task: generator.next() & 1 == 0 ? task : nil)
        }
        try writer.openRound(task, cohort: everybody.map { ParticipantNumber($0) })
        for number in everybody where generator.nextIndex(below: 4) > 0 {
            try writer.accept(
                number, task: task, norm: UInt128(generator.next() >> UInt64(4 + generator.nextIndex(below: 60))))
        }
        let scores = everybody.map { _ in
            max(-LedgerLimits.score, Int64(bitPattern: generator.next()) >> Int64(1 + generator.nextIndex(below: 40)))
        }
        let losses = (Int64(generator.nextIndex(below: 1_000_000)), Int64(generator.nextIndex(below: 1_000_000)))
        let metrics = RoundMetrics(
            validationLossBefore: losses.0, validationLossAfter: losses.1, testAccuracyPpm: 1, testLoss: 1, scoreGap: 1)
        let accepted = try #require(writer.state.tasks[task]?.round).accepted.keys
        let seal = try writer.seal(task)
        let diverges = seal.outcome == .aggregated && generator.nextIndex(below: 6) == 0
        try writer.finishRound(task, diverges ? .diverged : nil, metrics: metrics) { scores[Int($0)] }
        guard seal.outcome == .aggregated, !diverges else { return }
        books.full.append(Dictionary(uniqueKeysWithValues: accepted.map { ($0, scores[Int($0)]) }))
        books.losses.append((losses.0, losses.1))
    }

    /// The settlement computed from the scores by `Rewards` alone.
    private func checkPayments(
        _ writer: HistoryWriter,
        _ task: TaskOpened,
        _ terms: TaskTerms,
        _ books: Books
    ) throws {
        var merits: [ParticipantNumber: Merit] = [:]
        for round in terms.paidRounds == .first ? Array(books.full.prefix(1)) : books.full {
            let agreement = Agreement.share(of: round.values.map { $0 / 2 })
            for (number, full) in round {
                let gain = terms.trust == .known ? full : Merit.gain(novel: full / 2, agreement: agreement)
                merits[number, default: Merit()].add(gain)
            }
        }
        let numbers = writer.state.participants.indices.map { ParticipantNumber($0) }
        let expected = TaskSettlement(
            pool: terms.pool,
            lossBefore: books.losses.first?.before ?? 0,
            lossAfter: books.losses.last?.after ?? 0,
            targetDrop: terms.targetDrop,
            merits: numbers.map { merits[$0]?.value ?? 0 }
        )
        let settled = try #require(writer.state.tasks[task.task]?.settled)
        #expect(settled.payable == expected.payable && settled.paid == expected.paid)
        #expect(
            numbers.map { writer.state.accounts.balance(of: writer.state.participants[Int($0)].account).available }
                == expected.payments)
    }
}

extension HistoryWriter {
    /// Closes a settled task.
    fileprivate mutating func close(after task: Digest) throws {
        try add(.taskClosed(try closing(task)))
        try addDue()
    }
}
