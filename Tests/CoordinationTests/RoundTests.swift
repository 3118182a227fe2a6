import Attestation
import Coordination
import Federation
import Ledger
import Testing

@Suite("Rounds go on, whoever is missing")
struct RoundTests {
    /// A room with one open task and registered participants.
    private func room(
        _ material: TaskMaterial, participants: Int = 3
    ) throws -> CoordinatorRoom {
        let room = try CoordinatorRoom(tasks: [material])
        try room.register(0..<participants)
        _ = try room.coordinator.open(material, nowMs: room.nowMs)
        return room
    }

    private func refusals(_ room: CoordinatorRoom) throws -> [RefusalReason] {
        try room.bodies().compactMap { if case .contributionRefused(let it) = $0 { it.reason } else { nil } }
    }

    @Test("Everybody is invited again in the second round, and the task is closed after the last")
    func rounds() throws {
        let room = try room(TaskMaterial.sample())
        for round in 1...3 {
            for number in 0..<3 {
                #expect(try room.order(number)?.round == UInt32(round))
                try room.contribute(number)
            }
        }
        #expect(room.coordinator.isEveryTaskClosed)
        #expect(try room.work(0) == .idle(reason: "every task is closed", allClosed: true))
        #expect(room.replay().fault == nil)
    }

    @Test("Whoever misses three rounds that reach their quorum is left out for a minute")
    func ejection() throws {
        let room = try room(TaskMaterial.sample(rounds: 6))
        for round in 1...4 {
            #expect(try room.order(2)?.round == (round < 4 ? UInt32(round) : nil))
            for number in 0..<2 { try room.contribute(number) }
            if round < 4 {
                room.nowMs += 60_001
                for number in 0..<3 { _ = try room.work(number) }
                _ = try room.coordinator.advance(nowMs: room.nowMs)
                try room.runJobs()
            }
        }
        let ejected = room.takeNotices().compactMap { if case .ejected(let number, _) = $0 { number } else { nil } }
        #expect(ejected == [2])
        room.nowMs += CoordinationLimits.ejectionMs
        _ = try room.coordinator.advance(nowMs: room.nowMs)
        for number in 0..<2 { try room.contribute(number) }
        #expect(try room.order(2)?.round == 6)
    }

    @Test("A check that ends after the deadline, when a registration has moved the ledger's time on, comes too late")
    func lateCheck() throws {
        let room = try room(TaskMaterial.sample())
        try room.contribute(0)
        try room.contribute(1)
        let made = try room.make(2, for: try #require(try room.order(2)))
        try room.send(made)
        room.nowMs += 60_001
        _ = try room.coordinator.advance(nowMs: room.nowMs)
        try room.register(3..<4)
        _ = room.takeAnswers()
        try room.runJobs()
        guard case .refused("late", _) = room.takeAnswers().first else { return #expect(Bool(false), "not late") }
        #expect(room.replay().state.tasks.values.first?.roundsFinished == 1)
    }

    @Test("A check that ends after the deadline counts while nothing else has happened")
    func slowCheck() throws {
        let room = try room(TaskMaterial.sample())
        try room.contribute(0)
        let made = try room.make(1, for: try #require(try room.order(1)))
        try room.send(made)
        room.nowMs += 60_001
        _ = try room.coordinator.advance(nowMs: room.nowMs)
        _ = room.takeAnswers()
        try room.runJobs()
        guard case .accepted = room.takeAnswers().first else { return #expect(Bool(false), "not accepted") }
    }

    @Test("Of one participant's contributions to two tasks that are checked at once, the second is refused")
    func twoTasks() throws {
        let tasks = [try TaskMaterial.sample(name: "first"), try TaskMaterial.sample(name: "second")]
        let room = try CoordinatorRoom(tasks: tasks)
        try room.register(0..<3)
        for task in tasks { _ = try room.coordinator.open(task, nowMs: room.nowMs) }
        let first = try #require(try room.order(0))
        let query = WorkQuery(current: (first.task, first.round))
        let key = try CoordinatorRoom.key(0).publicKey
        guard case .train(let second) = try room.coordinator.work(for: key, query: query, nowMs: room.nowMs) else {
            return #expect(Bool(false), "no second order")
        }
        #expect(first.task != second.task)
        for order in [first, second] { try room.send(try room.make(0, for: order)) }
        try room.runJobs()
        let answers = room.takeAnswers()
        guard case .accepted = answers[0], case .refused("malformed", _) = answers[1] else {
            return #expect(Bool(false), "\(answers)")
        }
        // Both tasks go on.
        for number in 1..<3 {
            try room.contribute(number)
            try room.contribute(number)
        }
        #expect(room.replay().state.tasks[first.task]?.roundsFinished == 1)
    }

    @Test("A forger of a statement that is being checked does not share its author's answer")
    func forger() throws {
        let room = try room(TaskMaterial.sample())
        let made = try room.make(0, for: try #require(try room.order(0)))
        room.vault.put(made.name, made.bytes, by: made.sender)
        try room.submit(
            SignedContribution(
                statementBytes: made.contribution.statementBytes, signature: [UInt8](repeating: 1, count: 64)))
        try room.submit(made.contribution)
        try room.runJobs()
        let answers = room.takeAnswers()
        guard case .refused("bad-signature", _) = answers[0], case .accepted = answers[1] else {
            return #expect(Bool(false), "\(answers)")
        }
    }

    @Test("An update that was accepted last stays as evidence when its round is given up, and counts as an answer")
    func evidence() throws {
        let room = try room(TaskMaterial.sample(quorum: 3))
        let made = try room.make(0, for: try #require(try room.order(0)))
        try room.send(made)
        room.nowMs += 60_001
        _ = try room.coordinator.advance(nowMs: room.nowMs)
        try room.runJobs()
        #expect(room.replay().state.tasks.values.first?.roundsFinished == 1)
        #expect(room.vault.holdsUpdate(made.name))
    }

    @Test("An update that is accepted as its round is given up is not asked for in the next")
    func acceptedAsTheRoundEnds() throws {
        let room = try room(TaskMaterial.sample(quorum: 3))
        try room.send(try room.make(0, for: try #require(try room.order(0))))
        room.nowMs += 60_001
        for number in 0..<3 { _ = try room.work(number) }
        _ = try room.coordinator.advance(nowMs: room.nowMs)
        try room.runJobs()
        #expect(try room.order(0)?.round == 2)
        for number in 0..<3 { try room.contribute(number) }
        #expect(room.replay().state.tasks.values.first?.roundsFinished == 2)
    }

    // MARK: - What is lost

    @Test("An update whose bytes are gone after a restart is asked for, sent again, and averaged")
    func resend() throws {
        let undisturbed = try room(TaskMaterial.sample(rounds: 1))
        for number in 0..<3 { try undisturbed.contribute(number) }

        let room = try room(TaskMaterial.sample(rounds: 1))
        let made = try room.contribute(0)
        room.vault.lose(made.name)
        try room.restart()
        try room.runJobs()
        #expect(try room.work(0) == .resend(task: made.name.task, round: 1, update: made.name.digest))
        for number in 1..<3 { try room.contribute(number) }
        #expect(!room.coordinator.isEveryTaskClosed)
        try room.send(made)
        try room.runJobs()
        #expect(room.coordinator.isEveryTaskClosed)
        #expect(
            room.replay().state.tasks[made.name.task]?.model == undisturbed.replay().state.tasks[made.name.task]?.model)
    }

    @Test("An update that is damaged after a restart is discarded, asked for, sent again, and averaged")
    func damaged() throws {
        let room = try room(TaskMaterial.sample(rounds: 1))
        let made = try room.contribute(0)
        room.vault.damage(made.name)
        try room.restart()
        try room.runJobs()
        #expect(!room.vault.holdsUpdate(made.name))
        #expect(try room.work(0) == .resend(task: made.name.task, round: 1, update: made.name.digest))
        for number in 1..<3 { try room.contribute(number) }
        #expect(!room.coordinator.isEveryTaskClosed)
        try room.send(made)
        try room.runJobs()
        #expect(room.coordinator.isEveryTaskClosed)
    }

    @Test("An update that was lost from a round that was given up is not asked for in the next")
    func lostOfAGivenUpRound() throws {
        let room = try room(TaskMaterial.sample(quorum: 2))
        let made = try room.contribute(0)
        room.vault.lose(made.name)
        try room.restart()
        for number in 0..<3 { _ = try room.work(number) }
        room.nowMs += 60_001
        for number in 0..<3 { _ = try room.work(number) }
        _ = try room.coordinator.advance(nowMs: room.nowMs)
        try room.runJobs()
        #expect(try room.order(0)?.round == 2)
        for number in 0..<3 { try room.contribute(number) }
        #expect(room.replay().state.tasks[made.name.task]?.roundsFinished == 2)
    }

    @Test("A task whose disk is full stands still, says so to whoever sends, and goes on once there is room")
    func fullDisk() throws {
        let room = try room(TaskMaterial.sample())
        for number in 0..<2 { try room.contribute(number) }
        let order = try #require(try room.order(2))
        let late = try room.make(2, for: order)
        try room.send(late)
        try room.coordinator.complete(try #require(room.runJob()), nowMs: room.nowMs)
        room.vault.setFull(true)
        try room.runJobs()
        #expect(room.coordinator.tasks(nowMs: room.nowMs).first?.stage == .failed)
        let other = try room.make(2, for: order, bytes: late.bytes, samples: 99).contribution
        _ = room.takeAnswers()
        try room.submit(other)
        guard case .unavailable = room.takeAnswers().first else { return #expect(Bool(false), "no answer") }
        room.vault.setFull(false)
        let next = try #require(try room.coordinator.advance(nowMs: room.nowMs))
        #expect(next <= room.nowMs + CoordinationLimits.retryMs)
        room.nowMs += CoordinationLimits.retryMs
        _ = try room.coordinator.advance(nowMs: room.nowMs)
        try room.runJobs()
        #expect(try room.order(0)?.round == 2)
    }

    @Test("After the clock was set back a day, deadlines pass all the same")
    func clockSetBack() throws {
        let room = try room(TaskMaterial.sample(quorum: 3))
        room.nowMs += 86_400_000
        for number in 0..<3 { _ = try room.work(number) }
        _ = try room.coordinator.advance(nowMs: room.nowMs)
        #expect(room.replay().state.tasks.values.first?.roundsFinished == 1)
        room.nowMs -= 86_400_000
        _ = try room.coordinator.advance(nowMs: room.nowMs)
        let next = try #require(try room.coordinator.advance(nowMs: room.nowMs))
        #expect((room.nowMs + 1...room.nowMs + 61_000).contains(next))
        room.nowMs = next
        _ = try room.coordinator.advance(nowMs: room.nowMs)
        #expect(room.replay().state.tasks.values.first?.roundsFinished == 2)
    }

    @Test("Calls whose clocks differ by moments do not make time run faster")
    func unevenClocks() throws {
        let room = try room(TaskMaterial.sample())
        let startMs = room.nowMs
        for _ in 0..<100 {
            _ = try room.coordinator.advance(nowMs: startMs + 1_000)
            _ = try room.coordinator.advance(nowMs: startMs + 10)
        }
        #expect(try room.coordinator.advance(nowMs: startMs + 1_000) == startMs + 60_001)
    }

    @Test("A round with a quorum is closed when the others have left, declined or been banned; the line says who")
    func absence() throws {
        let material = try TaskMaterial.sample(size: 4, quorum: 1, rounds: 1)
        let room = try CoordinatorRoom(tasks: [material])
        try room.register(0..<4)
        for number in 0..<4 { _ = try room.work(number) }
        _ = try room.coordinator.open(material, nowMs: room.nowMs)
        func line() -> String? { room.coordinator.tasks(nowMs: room.nowMs).first?.waitingFor }
        try room.contribute(0)
        room.nowMs += 12_000
        _ = try room.work(1)
        #expect(
            line() == """
                waiting for 3 of 4: edge-1 (last seen 0 s ago), edge-2 (last seen 12 s ago), edge-3 (last seen 12 s ago)
                """)
        try room.coordinator.leave(CoordinatorRoom.key(1).publicKey, nowMs: room.nowMs)
        try room.coordinator.ban(2, true, nowMs: room.nowMs)
        #expect(line() == "waiting for 3 of 4: edge-1 (left), edge-2 (banned), edge-3 (last seen 12 s ago)")
        _ = try room.work(1)
        #expect(
            line() == "waiting for 3 of 4: edge-1 (last seen 0 s ago), edge-2 (banned), edge-3 (last seen 12 s ago)")
        try room.coordinator.leave(CoordinatorRoom.key(1).publicKey, nowMs: room.nowMs)
        _ = try room.coordinator.work(
            for: CoordinatorRoom.key(3).publicKey, query: WorkQuery(declinedTasks: [material.id]), nowMs: room.nowMs)
        try room.runJobs()
        #expect(room.replay().state.tasks[material.id]?.stage == .closed)
    }

    @Test("Whoever left and came back between two rounds is waited for in the next")
    func backBetweenRounds() throws {
        let material = try TaskMaterial.sample(size: 3, quorum: 1, rounds: 2)
        let room = try CoordinatorRoom(tasks: [material])
        try room.register(0..<3)
        _ = try room.coordinator.open(material, nowMs: room.nowMs)
        try room.contribute(0)
        for number in [1, 2] {
            try room.coordinator.leave(CoordinatorRoom.key(number).publicKey, nowMs: room.nowMs)
        }
        #expect(room.jobCount == 1, "the first round is averaged")
        for number in [1, 2] { _ = try room.work(number) }
        try room.runJobs()
        try room.contribute(0)
        let status = try #require(room.coordinator.tasks(nowMs: room.nowMs).first)
        #expect(status.round == 2 && status.waitingFor?.hasPrefix("waiting for 2 of 3: ") == true)
    }
}
