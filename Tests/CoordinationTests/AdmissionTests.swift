import Attestation
import Coordination
import Federation
import Ledger
import Testing

@Suite("Who is let in, and how much each counts")
struct AdmissionTests {
    private func room(_ materials: [TaskMaterial], participants: Int = 3) throws -> CoordinatorRoom {
        let room = try CoordinatorRoom(tasks: materials)
        try room.register(0..<participants)
        for material in materials { _ = try room.coordinator.open(material, nowMs: room.nowMs) }
        return room
    }

    /// Units of the cohort of each round opened, by replaying up to there.
    private func units(_ room: CoordinatorRoom) throws -> [[UInt32]] {
        var state = LedgerState()
        var units: [[UInt32]] = []
        for stored in try room.disk.entries(in: 0..<room.disk.count) {
            let entry = try EncodedEntry(decoding: stored.bytes)
            try LedgerRules.apply(entry, to: &state)
            if case .roundOpened(let opened) = entry.entry.body, let round = state.tasks[opened.task]?.round {
                units.append(round.units)
            }
        }
        return units
    }

    // MARK: - Pay without proof

    @Test("Where anybody may register, a task that pays is refused, unless it accepts unproved pay or pays nothing")
    func openRegistration() throws {
        let paying = try TaskMaterial.sample(name: "paying", score: .value)
        let accepting = try TaskMaterial.sample(name: "accepting", score: .value, acceptsUnprovedPay: true)
        let unpaid = try TaskMaterial.sample(name: "unpaid", score: .none)
        let room = try CoordinatorRoom(tasks: [paying, accepting, unpaid])
        room.openRegistration(true)
        let error = #expect(throws: CoordinationError(.invalidTask, "")) {
            try room.coordinator.open(paying, nowMs: room.nowMs)
        }
        #expect(error?.message.contains("L0") == true && error?.hint?.contains("unproved_pay: accepted") == true)
        for material in [accepting, unpaid] {
            #expect(try !room.coordinator.open(material, nowMs: room.nowMs).existed)
        }
        let terms = room.replay().state.tasks[accepting.id]?.opening.terms
        #expect(terms?.acceptsUnprovedPay == true, "every participant can see it")
        room.openRegistration(false)
        #expect(try !room.coordinator.open(paying, nowMs: room.nowMs).existed)
    }

    @Test("While a task pays without proof, keys that nobody invited are not let in; they are once it is closed")
    func uninvited() throws {
        let paying = try TaskMaterial.sample(name: "paying", score: .value)
        let room = try room([paying])
        let key = try CoordinatorRoom.key(50).publicKey
        func registerUninvited() throws -> ParticipantNumber {
            try room.coordinator.register(key, label: "stranger", isInvited: false, nowMs: room.nowMs).number
        }
        let error = #expect(throws: CoordinationError(.conflict, "")) { try registerUninvited() }
        #expect(error?.message.contains("paying") == true && error?.hint?.contains("invitation") == true)
        // A task that stands still will pay as well.
        room.vault.setRecord(.secret, of: paying.id, nil)
        try room.restart()
        #expect(throws: CoordinationError(.conflict, "")) { try registerUninvited() }
        room.vault.setRecord(.secret, of: paying.id, CoordinatorRoom.secret.value.bytes)
        try room.restart()
        try room.coordinator.closeTask(paying.id, nowMs: room.nowMs)
        #expect(try registerUninvited() == 3)
        #expect(try registerUninvited() == 3, "again, with the same answer")
    }

    @Test("Tasks that accept unproved pay, or pay nothing, let in keys that nobody invited")
    func uninvitedAccepted() throws {
        let room = try room([
            TaskMaterial.sample(name: "accepting", score: .value, acceptsUnprovedPay: true),
            TaskMaterial.sample(name: "unpaid", score: .none),
        ])
        let key = try CoordinatorRoom.key(50).publicKey
        #expect(
            try room.coordinator.register(key, label: "", isInvited: false, nowMs: room.nowMs).number == 3)
    }

    @Test("A task that pays is not opened while keys take part that nobody vouched for, after registration closed")
    func unvouched() throws {
        let paying = try TaskMaterial.sample(name: "paying", score: .value)
        let room = try CoordinatorRoom(tasks: [paying])
        for (number, isInvited) in [true, false, false].enumerated() {
            let key = try CoordinatorRoom.key(number).publicKey
            _ = try room.coordinator.register(key, label: "", isInvited: isInvited, nowMs: room.nowMs)
        }
        func open() throws { _ = try room.coordinator.open(paying, nowMs: room.nowMs) }
        let error = #expect(throws: CoordinationError(.invalidTask, "")) { try open() }
        #expect(error?.message.contains("2 of the participants registered without an invitation") == true)
        try room.restart()
        #expect(throws: CoordinationError(.invalidTask, "")) { try open() }
        // A ban takes one out, and assigned units vouch for the other.
        try room.coordinator.ban(1, true, nowMs: room.nowMs)
        #expect(throws: CoordinationError(.invalidTask, "")) { try open() }
        try room.coordinator.assign(units: 4, to: 2, nowMs: room.nowMs)
        try open()
    }

    // MARK: - Units

    @Test("Units that the operator assigned for a task hold after a restart, whatever the task's file names")
    func assignedOverFile() throws {
        let keys = try (0..<3).map { try CoordinatorRoom.key($0).publicKey }
        let weights = WeightRule(units: [keys[0].did: 8])
        let material = try TaskMaterial.sample(score: .value, weights: weights)
        let room = try CoordinatorRoom(tasks: [material])
        for key in keys { _ = try room.coordinator.register(key, label: "", nowMs: room.nowMs) }
        _ = try room.coordinator.open(material, nowMs: room.nowMs)
        try room.coordinator.assign(units: 2, to: 0, task: material.id, nowMs: room.nowMs)
        try room.restart()
        let state = try #require(room.replay().state.tasks[material.id])
        #expect(state.assignedUnits == [0: 2])
    }

    @Test("Units given at registration, or assigned later, are in force from the next round opened")
    func assigned() throws {
        let material = try TaskMaterial.sample(score: .value)
        let room = try CoordinatorRoom(tasks: [material])
        let keys = try (0..<3).map { try CoordinatorRoom.key($0).publicKey }
        for (key, units) in zip(keys, [0, 8, 1] as [UInt32]) {
            _ = try room.coordinator.register(key, label: "", units: units, nowMs: room.nowMs)
        }
        _ = try room.coordinator.open(material, nowMs: room.nowMs)
        try room.contribute(0)
        try room.coordinator.assign(units: 2, to: 1, nowMs: room.nowMs)
        try room.coordinator.assign(units: 7, to: 0, task: material.id, nowMs: room.nowMs)
        for number in 1..<3 { try room.contribute(number) }
        try room.coordinator.assign(units: 8, to: 1, nowMs: room.nowMs)
        // The task's own units beat the general ones.
        try room.coordinator.assign(units: 3, to: 0, nowMs: room.nowMs)
        try room.restart()
        for number in 0..<3 { try room.contribute(number) }
        #expect(try units(room) == [[4, 8, 1], [7, 2, 1], [7, 8, 1]])
        let weights = try room.bodies { if case .roundSealed(let sealed) = $0 { sealed.totalWeight } else { nil } }
        #expect(weights == [53_248, 40_960], "the bound is the rehearsal's, and these are shorter")
        #expect(room.replay().fault == nil)
    }

    @Test("Units that cannot be assigned are refused, and the coordinator goes on")
    func refused() throws {
        let material = try TaskMaterial.sample(score: .value)
        let room = try room([material])
        let unknown = SHA256.hash([1])
        let coordinator = room.coordinator
        for units in [0, 9, .max] as [UInt32] {
            #expect(throws: CoordinationError(.conflict, "")) {
                try coordinator.assign(units: units, to: 0, nowMs: room.nowMs)
            }
        }
        #expect(throws: CoordinationError(.conflict, "")) {
            try coordinator.register(CoordinatorRoom.key(9).publicKey, label: "", units: 9, nowMs: room.nowMs)
        }
        #expect(throws: CoordinationError(.notFound, "")) {
            try coordinator.assign(units: 4, to: 3, nowMs: room.nowMs)
        }
        #expect(throws: CoordinationError(.notFound, "")) {
            try coordinator.assign(units: 4, to: 0, task: unknown, nowMs: room.nowMs)
        }
        try coordinator.closeTask(material.id, nowMs: room.nowMs)
        #expect(throws: CoordinationError(.conflict, "")) {
            try coordinator.assign(units: 4, to: 0, task: material.id, nowMs: room.nowMs)
        }
        try coordinator.assign(units: 5, to: 0, nowMs: room.nowMs)
        #expect(room.replay().fault == nil)
    }

    @Test("A task's file gives units by key, to those who are there and to those who come, in several tasks at once")
    func byKey() throws {
        func did(_ number: Int) throws -> String { try CoordinatorRoom.key(number).publicKey.did }
        let named = WeightRule(units: [try did(0): 8, try did(1): 4, try did(3): 2])
        let room = try room([
            TaskMaterial.sample(name: "first", size: 4, score: .value, weights: named),
            TaskMaterial.sample(name: "second", size: 4, score: .value, weights: named),
        ])
        try room.register(3..<4)
        // Both rounds are given up, and opened again with those who came.
        room.nowMs += 60_001
        for number in 0..<4 { _ = try room.work(number) }
        _ = try room.coordinator.advance(nowMs: room.nowMs)
        try room.runJobs()
        #expect(try units(room) == [[8, 4, 4], [8, 4, 4], [8, 4, 4, 2], [8, 4, 4, 2]])
        let count = room.disk.count
        try room.restart()
        #expect(room.disk.count == count, "they are not assigned again")
        #expect(room.replay().fault == nil)
    }

    @Test("Units by label are refused, since anybody could register under it")
    func byLabel() throws {
        let room = try CoordinatorRoom(tasks: [])
        let task = try TaskMaterial.sample(name: "labelled", score: .value, weights: WeightRule(units: ["edge-0": 8]))
        #expect(throws: CoordinationError(.invalidTask, "")) {
            _ = try room.coordinator.open(task, nowMs: room.nowMs)
        }
    }
}
