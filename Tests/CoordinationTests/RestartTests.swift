import Attestation
import Coordination
import Federation
import Ledger
import Testing

@Suite("A coordinator that stops anywhere goes on where the ledger ends")
struct RestartTests {
    /// What a run comes to.
    private struct End: Equatable {
        let models: [Digest]
        /// Seals, revealed rounds, scores and settlement of each task, in order.
        let rounds: [[EntryBody]]
        let balances: [UInt64]
    }

    /// A task that withholds its scores for more rounds than a score looks back at, and one that shows them and gives
    /// its participants units.
    private static func tasks() throws -> [TaskMaterial] {
        [
            try TaskMaterial.sample(
                name: "first", quorum: 3, rounds: 7, momentum: 0.9, trust: .open, score: .value),
            try TaskMaterial.sample(
                name: "second", quorum: 3, rounds: 2, momentum: 0, score: .value, disclosure: .live,
                sponsor: AccountName("sponsor/acme"),
                weights: WeightRule(
                    units: [
                        try CoordinatorRoom.key(0).publicKey.did: 8, try CoordinatorRoom.key(2).publicKey.did: 1,
                    ])),
        ]
    }

    /// Runs two tasks to their end with three participants that send until they hear; whenever the ledger's disk fails,
    /// the process starts again.
    private func play(
        stopAt append: Int?, commits: Bool, thenEvery next: Int? = nil
    ) throws -> (end: End, appends: Int) {
        let tasks = try Self.tasks()
        let room = try CoordinatorRoom(tasks: tasks, stopAt: append, commits: commits)
        room.nextStop = next
        var kept: [Int: CoordinatorRoom.Made] = [:]
        for _ in 0..<800 {
            // The second half is asked seldom: a replay checks every signature.
            if room.coordinator.isEveryTaskClosed, room.replay().state.taskOrder.count == 2 { break }
            do {
                try room.register(0..<3)
                // Whoever registered before a restart is there only once it is heard of.
                for number in 0..<3 { _ = try room.work(number) }
                for task in tasks { _ = try room.coordinator.open(task, nowMs: room.nowMs) }
                for number in 0..<3 { try step(number, room, &kept) }
                room.nowMs += 10
                _ = try room.coordinator.advance(nowMs: room.nowMs)
            } catch let error as CoordinationError {
                #expect(error.code == .ledgerFailed)
                try restart(room)
            }
        }
        let report = room.replay()
        #expect(report.fault == nil, "\(String(describing: report.fault))")
        #expect(report.state.tasks.values.allSatisfy { $0.stage == .closed })
        #expect(room.takeNotices().allSatisfy { if case .taskFailed = $0 { false } else { true } })
        if case .snapshot = try room.bodies().last {} else { #expect(Bool(false), "no snapshot at the end") }
        let end = End(
            models: tasks.map { report.state.tasks[$0.id]?.model ?? .zero },
            rounds: try tasks.map { try rounds(of: $0.id, room) },
            balances: report.state.participants.map { report.state.accounts.balance(of: $0.account).available })
        return (end, room.store.appendCount)
    }

    /// What a task's rounds came to, on the ledger.
    private func rounds(of task: Digest, _ room: CoordinatorRoom) throws -> [EntryBody] {
        try room.bodies().filter { body in
            switch body {
            case .roundSealed(let sealed): sealed.task == task
            case .roundRevealed(let revealed): revealed.task == task
            case .scores(let scores): scores.task == task
            case .taskSettled(let settled): settled.task == task
            case .taskClosed(let closed): closed.task == task
            default: false
            }
        }
    }

    /// Starts the process again, and again while its disk fails at the start.
    private func restart(_ room: CoordinatorRoom) throws {
        for _ in 0..<100 {
            do { return try room.restart() } catch let error as CoordinationError {
                #expect(error.code == .ledgerFailed)
            }
        }
        Issue.record("the process never starts")
    }

    private func step(
        _ number: Int, _ room: CoordinatorRoom, _ kept: inout [Int: CoordinatorRoom.Made]
    ) throws {
        if kept[number] == nil, let order = try room.order(number) { kept[number] = try room.make(number, for: order) }
        guard let made = kept[number] else { return }
        try room.send(made)
        try room.runJobs()
        if let last = room.takeAnswers().last {
            switch last {
            case .accepted, .refused: kept[number] = nil
            case .incomplete, .unavailable: break
            }
        }
    }

    @Test(
        "Stopped at any append, before or after it is durable, a run has the same rounds, scores, models, balances",
        .timeLimit(.minutes(10)))
    func everyAppend() throws {
        let (undisturbed, appends) = try play(stopAt: nil, commits: true)
        #expect(appends > 40 && undisturbed.balances.allSatisfy { $0 > 0 })
        #expect(undisturbed.rounds.map(\.count) == [7 + 2 * 7 + 2, 2 + 2 + 2])
        for append in 0..<appends {
            for commits in [true, false] {
                let (end, _) = try play(stopAt: append, commits: commits)
                #expect(end == undisturbed, "stopped at append \(append), commits: \(commits)")
            }
        }
    }

    @Test("Stopped after every few appends, a run ends in the same way", arguments: 1...4)
    func often(appends: Int) throws {
        let (undisturbed, _) = try play(stopAt: nil, commits: true)
        let (end, _) = try play(stopAt: appends, commits: true, thenEvery: appends)
        #expect(end == undisturbed)
    }

    @Test("After a restart a task waits a moment for those who reconnect, and no longer")
    func gathering() throws {
        let material = try TaskMaterial.sample(size: 3, quorum: 1, rounds: 2)
        let room = try CoordinatorRoom(tasks: [material])
        try room.register(0..<3)
        try room.restart()
        _ = try room.work(0)
        _ = try room.coordinator.open(material, nowMs: room.nowMs)
        #expect(try room.order(0)?.round == 1, "a task that was just opened does not wait")
        room.nowMs += 61_000
        _ = try room.coordinator.advance(nowMs: room.nowMs)
        try room.restart()
        #expect(try room.order(0) == nil)
        let next = try #require(try room.coordinator.advance(nowMs: room.nowMs))
        #expect(next == room.nowMs + CoordinationLimits.gatheringMs)
        room.nowMs = next
        _ = try room.coordinator.advance(nowMs: room.nowMs)
        #expect(try room.order(0)?.round == 2)
    }

    @Test("A task that was closed just before a crash has its snapshot after the restart")
    func snapshotAfterClose() throws {
        let material = try TaskMaterial.sample(size: 1, quorum: 1, rounds: 1)
        let probe = try CoordinatorRoom(tasks: [material])
        try probe.register(0..<1)
        _ = try probe.coordinator.open(material, nowMs: probe.nowMs)
        try probe.contribute(0)
        let room = try CoordinatorRoom(tasks: [material], stopAt: probe.store.appendCount - 1, commits: false)
        try room.register(0..<1)
        _ = try room.coordinator.open(material, nowMs: room.nowMs)
        #expect(throws: CoordinationError(.ledgerFailed, "")) { try room.contribute(0) }
        #expect(room.replay().state.tasks[material.id]?.stage == .closed)
        try room.restart()
        guard case .snapshot = try room.bodies().last else { return #expect(Bool(false), "no snapshot") }
        try room.restart()
        #expect(room.disk.count == probe.disk.count)
    }
}
