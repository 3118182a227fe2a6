import Attestation
import Coordination
import Ledger
import Testing

@Suite("Nothing of an open round leaves the coordinator")
struct DisclosureTests {
    private func room(_ materials: [TaskMaterial]) throws -> CoordinatorRoom {
        let room = try CoordinatorRoom(tasks: materials)
        try room.register(0..<3)
        for material in materials { _ = try room.coordinator.open(material, nowMs: room.nowMs) }
        return room
    }

    private func visible(_ room: CoordinatorRoom) throws -> [EntryBody] {
        try room.coordinator.entries(from: 0, count: .max).map { try EncodedEntry(decoding: $0).entry.body }
    }

    @Test("Contributions to an open round are hidden, with root and checkpoint, until the round is sealed")
    func openRound() throws {
        let room = try room([TaskMaterial.sample(score: .value)])
        let opened = room.disk.count
        #expect(room.coordinator.visibleEntryCount == opened)
        let root = try #require(try room.order(1)).ledgerRoot
        let checkpoint = try room.coordinator.visibleCheckpoint()
        let made = try room.contribute(0)
        guard case .accepted(let sequence) = room.takeAnswers().last else { return #expect(Bool(false), "refused") }
        #expect(sequence == opened && room.disk.count == opened + 1)
        #expect(room.coordinator.visibleEntryCount == opened)
        #expect(try visible(room).count == Int(opened))
        #expect(try room.coordinator.entries(from: opened, count: 10).isEmpty)
        #expect(try room.order(1)?.ledgerRoot == root)
        #expect(
            try room.coordinator.visibleCheckpoint().split(separator: "\n").prefix(3)
                == checkpoint.split(separator: "\n").prefix(3))
        for number in 1..<3 {
            #expect(throws: CoordinationError(.notFound, "")) {
                try room.coordinator.receipt(sequence: sequence, for: CoordinatorRoom.key(number).publicKey)
            }
        }
        #expect(try !room.coordinator.receipt(sequence: sequence, for: made.sender).isEmpty, "its own")
        #expect(try !room.coordinator.receipt(sequence: sequence, for: nil).isEmpty, "the operator's")
        // A receipt's head does not tell how many have contributed.
        func heads(_ sequence: UInt64, _ key: PublicKey) throws -> [String] {
            let receipt = try room.coordinator.receipt(sequence: sequence, for: key)
            return receipt.split(separator: "\n").map(String.init).filter { UInt64($0) != nil }
        }
        #expect(try heads(1, CoordinatorRoom.key(1).publicKey).last == "\(opened)")
        try room.contribute(1)
        #expect(try heads(1, CoordinatorRoom.key(1).publicKey).last == "\(opened)")
        #expect(try heads(sequence, made.sender).last == "\(sequence + 1)")
        try room.contribute(2)
        // Round 2 is open now: what was sealed is shown, its opening included.
        #expect(room.coordinator.visibleEntryCount == room.disk.count)
        #expect(try !room.coordinator.receipt(sequence: sequence, for: CoordinatorRoom.key(1).publicKey).isEmpty)
    }

    @Test("While a round is averaged, it is still hidden")
    func averaging() throws {
        let room = try room([TaskMaterial.sample(rounds: 1, score: .value)])
        let opened = room.disk.count
        for number in 0..<2 { try room.contribute(number) }
        try room.send(try room.make(2, for: try #require(try room.order(2))))
        while room.jobCount > 0, room.coordinator.tasks(nowMs: room.nowMs).first?.stage != .aggregating {
            try room.coordinator.complete(try #require(room.runJob()), nowMs: room.nowMs)
        }
        #expect(room.coordinator.tasks(nowMs: room.nowMs).first?.stage == .aggregating)
        #expect(room.coordinator.visibleEntryCount == opened)
        try room.runJobs()
        #expect(room.coordinator.visibleEntryCount == room.disk.count)
    }

    @Test("A round whose task stands still after a restart is still hidden, and other tasks' later entries with it")
    func standingStill() throws {
        let material = try TaskMaterial.sample(score: .value)
        let room = try room([material])
        let opened = room.disk.count
        let made = try room.contribute(0)
        room.vault.setRecord(.secret, of: material.id, nil)
        try room.restart()
        try room.register(3..<4)
        #expect(room.coordinator.visibleEntryCount == opened)
        #expect(throws: CoordinationError(.notFound, "")) {
            try room.coordinator.receipt(sequence: opened, for: CoordinatorRoom.key(1).publicKey)
        }
        #expect(try !room.coordinator.receipt(sequence: opened, for: made.sender).isEmpty)
        let key = try CoordinatorRoom.key(3).publicKey
        #expect(try !room.coordinator.receipt(sequence: opened + 1, for: key).isEmpty, "a registration is its own")
        // Past the round's deadline nobody can use what the log says of it.
        room.nowMs += 60_001
        _ = try room.coordinator.advance(nowMs: room.nowMs)
        #expect(room.coordinator.visibleEntryCount == room.disk.count)
    }

    @Test("A task that failed between two rounds hides nothing that was sealed")
    func failedBetweenRounds() throws {
        let material = try TaskMaterial.sample(score: .value)
        let room = try room([material])
        for number in 0..<3 { try room.contribute(number) }
        room.vault.setRecord(.secret, of: material.id, nil)
        // Round 2 is given up, so that none is open.
        #expect(throws: CoordinationError(.storageFailed, "")) {
            try room.coordinator.closeTask(material.id, nowMs: room.nowMs)
        }
        #expect(room.coordinator.tasks(nowMs: room.nowMs).first?.stage == .failed)
        #expect(room.coordinator.visibleEntryCount == room.disk.count)
    }

    @Test("Of two open rounds, the one that was opened first hides what came after it")
    func twoTasks() throws {
        let room = try room([
            TaskMaterial.sample(name: "first", score: .value), TaskMaterial.sample(name: "second", score: .value),
        ])
        let openings = try room.bodies().indices.filter {
            if case .roundOpened = try room.bodies()[$0] { true } else { false }
        }
        #expect(openings.count == 2)
        #expect(room.coordinator.visibleEntryCount == UInt64(openings[0]) + 1)
    }

    @Test("Whoever waits is not told who has contributed, nor how many")
    func idleReason() throws {
        let room = try room([TaskMaterial.sample(score: .value)])
        try room.contribute(0)
        guard case .idle(let before, _) = try room.work(0) else { return #expect(Bool(false), "not idle") }
        try room.contribute(1)
        guard case .idle(let after, _) = try room.work(0) else { return #expect(Bool(false), "not idle") }
        #expect(before == after)
        // The deadline is 60 s after 1,000 s.
        #expect(after == "fixture: round 1 is open until 00:17:40 UTC")
    }

    @Test("An update counts for the key that sent its bytes: with another's digest alone, nothing is accepted")
    func stolenDigest() throws {
        let room = try room([TaskMaterial.sample(score: .value)])
        let made = try room.contribute(0)
        let stolen = try room.make(1, for: try #require(try room.order(1)), bytes: made.bytes)
        _ = room.takeAnswers()
        try room.submit(stolen.contribution)
        #expect(room.takeAnswers() == [.incomplete], "its bytes did not come from this key")
        // Who has the bytes after all is told that they are used up.
        try room.send(stolen)
        try room.runJobs()
        guard case .refused("copied", _) = room.takeAnswers().last else { return #expect(Bool(false), "not copied") }
    }

    @Test("The same statement has the same answer, in the open round and after it")
    func sameAnswer() throws {
        let room = try room([TaskMaterial.sample(score: .value)])
        let made = try room.contribute(0)
        let first = try #require(room.takeAnswers().last)
        for _ in 0..<2 {
            try room.submit(made.contribution)
            try room.runJobs()
            #expect(room.takeAnswers() == [first])
            for number in 1..<3 where room.coordinator.tasks(nowMs: room.nowMs).first?.round == 1 {
                try room.contribute(number)
            }
            _ = room.takeAnswers()
        }
        let count = try room.bodies { if case .contributionAccepted(let it) = $0 { it } else { nil } }.count
        #expect(count == 3)
    }
}
