import Attestation
import Audit
import Federation
import Ledger
import Runs
import Simulation
import Testing

@Suite("A task is settled once, when it closes")
struct SettlementTests {
    /// Every way of paying.
    enum Way: String, CaseIterable {
        case known, open, live, samples, none, sponsor, first

        var paysValue: Bool { self != .samples && self != .none }
        /// Whether scores are secret until the close.
        var withholds: Bool { paysValue && self != .live }
        var pool: UInt64 { self == .none ? 0 : 40_000_000 }

        var scenario: SmallScenario {
            var scenario = SmallScenario.mixed
            scenario.trust = self == .open ? "open" : "known"
            switch self {
            case .known, .open: scenario.reward = #"pool: "40", target_drop: 3"#
            case .live:
                scenario.reward = #"pool: "40", target_drop: 3"#
                scenario.more = ["disclosure: live"]
            case .samples: scenario.reward = #"score: samples, pool: "40", samples_cap: 300"#
            case .none: scenario.reward = "score: none"
            case .sponsor: scenario.reward = #"pool: "40", target_drop: 3, source: sponsor, sponsor: acme"#
            case .first: scenario.reward = #"pool: "40", target_drop: 3, paid_rounds: first"#
            }
            return scenario
        }
    }

    /// A finished run's ledger.
    private struct Books {
        let entries: [Entry]
        let state: LedgerState
        let task: Digest
        let settled: TaskSettled
        let closed: TaskClosed

        init(_ folder: RunFolder) throws {
            let (report, entries) = try folder.replayed()
            #expect(report.fault == nil)
            self.entries = entries
            state = report.state
            task = try #require(state.taskOrder.first)
            let settlements = entries.compactMap { if case .taskSettled(let body) = $0.body { body } else { nil } }
            let closes = entries.compactMap { if case .taskClosed(let body) = $0.body { body } else { nil } }
            #expect(settlements.count == 1)
            #expect(closes.count == 1)
            settled = try #require(settlements.first)
            closed = try #require(closes.first)
        }

        var seals: [RoundSealed] {
            entries.compactMap { if case .roundSealed(let body) = $0.body { body } else { nil } }
        }

        var reveals: [RoundRevealed] {
            entries.compactMap { if case .roundRevealed(let body) = $0.body { body } else { nil } }
        }

        func transfers(_ kind: Transfer.Kind) -> [Transfer] {
            entries.compactMap { if case .transfer(let body) = $0.body, body.kind == kind { body } else { nil } }
        }

        func place(_ predicate: (EntryBody) -> Bool) -> Int? { entries.firstIndex { predicate($0.body) } }
    }

    @Test("Every way of paying leaves nothing in the task's accounts, and audits cleanly", arguments: Way.allCases)
    func books(way: Way) throws {
        let room = try RunRoom()
        let run = try room.run(way.scenario.text)
        let books = try Books(run.folder)
        let accounts = books.state.accounts
        #expect(accounts.balance(of: .escrow(books.task)).available == 0)
        #expect(accounts.balance(of: .pool(books.task)).available == 0)
        let sum = accounts.all.reduce(Int128(0)) { $0 + $1.balance.posted }
        #expect(sum == 0)
        #expect(books.settled.pool == way.pool)
        #expect(books.settled.paid == run.summary.paidTotal)
        #expect((run.summary.paidTotal > 0) == (way != .none))
        let returned = (books.transfers(.refund) + books.transfers(.burn)).reduce(0) { $0 + $1.amount }
        #expect(returned == way.pool - books.settled.paid)
        #expect(books.transfers(.burn).isEmpty || way != .sponsor)
        // Nobody is paid a unit before the settlement.
        let settlement = try #require(books.place { if case .taskSettled = $0 { true } else { false } })
        for entry in books.entries[..<settlement] {
            if case .transfer(let transfer) = entry.body { #expect(transfer.kind != .reward) }
        }
        let rewards = books.transfers(.reward)
        #expect(Set(rewards.map(\.credit)).count == rewards.count, "one payment for each who earned")
        let audit = try run.folder.audited()
        #expect(audit.faults == [])
        #expect(audit.rounds { $0 == .rederived } == [1, 2, 3, 4])
    }

    @Test("Pay is the pool times the drop of the loss over the target, divided by merit", arguments: Way.allCases)
    func price(way: Way) throws {
        let room = try RunRoom()
        let run = try room.run(way.scenario.text)
        let books = try Books(run.folder)
        guard way.paysValue else {
            // Samples are paid by the rounds that were averaged, which here are all.
            #expect(books.settled.payable == way.pool)
            return
        }
        let exact = way.withholds ? books.reveals.map(\.metrics) : books.seals.compactMap(\.metrics)
        #expect(exact.count == 4)
        let (first, last) = (try #require(exact.first), try #require(exact.last))
        #expect(books.settled.lossBefore == first.validationLossBefore)
        #expect(books.settled.lossAfter == last.validationLossAfter)
        let drop = UInt128(first.validationLossBefore - last.validationLossAfter)
        #expect(drop > 0 && drop < 3_000_000_000_000)
        #expect(books.settled.payable == UInt64(40_000_000 * drop / 3_000_000_000_000))
        guard way != .open else { return }
        let merits = run.summary.participants.map { participant in
            UInt128(max(0, way == .first ? (participant.perRoundFull[0] ?? 0) : participant.fullScore))
        }
        let total = merits.reduce(0, +)
        #expect(
            run.summary.participants.map(\.paid)
                == merits.map { UInt64(UInt128(books.settled.payable) * $0 / total) })
    }

    @Test("The whole pool is paid once the target is reached, and never more")
    func target() throws {
        let room = try RunRoom()
        var scenario = SmallScenario()
        scenario.reward = #"pool: "30", target_drop: 0.1"#
        let run = try room.run(scenario.text)
        let settled = try Books(run.folder).settled
        #expect(settled.lossBefore - settled.lossAfter > 100_000_000_000)
        #expect(settled.payable == 30_000_000)
        #expect(settled.payable - settled.paid < 4, "division leaves less than a unit for each")
    }

    @Test(
        "Scores are secret until the close; the seals commit to them, and show rounded figures", arguments: Way.allCases
    )
    func disclosure(way: Way) throws {
        let room = try RunRoom()
        let run = try room.run(way.scenario.text)
        let books = try Books(run.folder)
        let secret = try #require(books.closed.secret)
        let scores = books.entries.compactMap { if case .scores(let body) = $0.body { body } else { nil } }
        #expect(scores.map(\.round) == (way.paysValue ? [1, 2, 3, 4] : []))
        #expect(books.seals.count == 4)
        guard way.withholds else {
            #expect(books.reveals.isEmpty)
            #expect(books.seals.allSatisfy { $0.scoreCommitment == nil })
            #expect(books.seals.contains { $0.metrics != $0.metrics?.rounded })
            return
        }
        #expect(books.reveals.map(\.round) == [1, 2, 3, 4])
        let firstReveal = try #require(books.place { if case .roundRevealed = $0 { true } else { false } })
        let lastSeal = try #require(
            books.entries.lastIndex { if case .roundSealed = $0.body { true } else { false } })
        let firstScores = try #require(books.place { if case .scores = $0 { true } else { false } })
        #expect(lastSeal < firstReveal && firstReveal < firstScores)
        for (index, seal) in books.seals.enumerated() {
            let reveal = books.reveals[index]
            #expect(reveal.salt == secret.salt(round: seal.round))
            #expect(seal.metrics == reveal.metrics.rounded)
            #expect(seal.metrics != reveal.metrics)
            #expect(
                seal.scoreCommitment
                    == ScoreCommitment.digest(salt: reveal.salt, metrics: reveal.metrics, parts: [scores[index]]))
        }
        #expect(Set(books.seals.map(\.scoreCommitment)).count == 4)
    }

    /// How a scenario's task ends.
    private func end(_ change: (inout SmallScenario) -> Void) throws -> (run: RunRoom.Run, books: Books, room: RunRoom)
    {
        let room = try RunRoom()
        var scenario = SmallScenario()
        scenario.rounds = 50
        change(&scenario)
        let run = try room.run(scenario.text)
        #expect(try run.folder.audited().faults == [])
        return (run, try Books(run.folder), room)
    }

    @Test("A task past its time is closed on what it has, and pays for it")
    func closeBy() throws {
        let (run, books, room) = try end {
            $0.more = ["close_after_s: 5"]
            $0.reward = #"pool: "30", target_drop: 20"#
        }
        defer { withExtendedLifetime(room) {} }
        #expect(books.closed.reason == .closeBy)
        #expect((2..<50).contains(run.summary.rounds.count))
        #expect(run.summary.paidTotal > 0)
        #expect(books.settled.payable < books.settled.pool)
    }

    @Test("Three rounds in a row whose updates are clipped to nothing end the task: nobody is paid, the model stays")
    func diverged() throws {
        let (run, books, room) = try end { $0.more = ["weights: { bound: 0.0000001 }"] }
        defer { withExtendedLifetime(room) {} }
        #expect(books.closed.reason == .diverged)
        #expect(run.summary.rounds.map(\.outcome) == [.diverged, .diverged, .diverged])
        #expect(books.seals.allSatisfy { $0.totalWeight == 0 && $0.accepted == 4 && $0.metrics == nil })
        #expect(Set(books.seals.map(\.model)).count == 1)
        #expect(run.summary.paidTotal == 0)
        #expect(books.transfers(.burn).map(\.amount) == [30_000_000])
        #expect(try run.folder.audited().rounds { $0 == .rederived } == [1, 2, 3])
    }

    @Test("All rounds over, and the accuracy reached early, both complete the task")
    func completed() throws {
        #expect(try end { $0.rounds = 2 }.books.closed.reason == .completed)
        let (run, books, room) = try end { $0.more = ["stop: { accuracy: 0.3 }"] }
        defer { withExtendedLifetime(room) {} }
        #expect(books.closed.reason == .completed)
        #expect(run.summary.rounds.count < 50)
    }

    @Test("Units decide what an update counts for: twice the units, about twice the merit")
    func units() throws {
        let (run, books, room) = try end {
            $0.rounds = 4
            $0.participants = ["kind: honest, count: 3", "kind: honest, count: 1, units: 8"]
        }
        defer { withExtendedLifetime(room) {} }
        let registered = books.entries.compactMap {
            if case .participantRegistered(let body) = $0.body { body.units } else { nil }
        }
        #expect(registered == [4, 4, 4, 8])
        let pay = run.summary.participants.map { Double($0.paid) }
        let ratio = pay[3] / (pay[..<3].reduce(0, +) / 3)
        #expect((1.6...2.4).contains(ratio), "\(ratio)")
    }
}
