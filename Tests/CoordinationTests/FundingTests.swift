import Attestation
import Coordination
import Federation
import Ledger
import Testing

@Suite("A task is opened only if what it promises is there")
struct FundingTests {
    private func transfers(_ room: CoordinatorRoom) throws -> [Transfer] {
        try room.bodies { if case .transfer(let transfer) = $0 { transfer } else { nil } }
    }

    @Test("A sponsor's escrow has the whole pool at the opening, and the order names the entry that proves it")
    func sponsored() throws {
        let sponsor = try AccountName("sponsor/acme")
        let material = try TaskMaterial.sample(score: .value, pool: 4_000_000, sponsor: sponsor)
        let room = try CoordinatorRoom(tasks: [material])
        try room.register(0..<3)
        _ = try room.coordinator.open(material, nowMs: room.nowMs)
        let deposit = try #require(try transfers(room).last)
        #expect(deposit.kind == .deposit && deposit.amount == 4_000_000 && deposit.debit == sponsor)
        #expect(room.replay().state.accounts.balance(of: .escrow(material.id)).available == 4_000_000)
        #expect(room.coordinator.tasks(nowMs: room.nowMs).first?.funded == 4_000_000)
        for _ in 0..<2 {
            let order = try #require(try room.order(0))
            let sequence = try #require(order.fundingSequence)
            #expect(try room.bodies()[Int(sequence)] == .transfer(deposit))
            #expect(try !room.coordinator.receipt(sequence: sequence, for: CoordinatorRoom.key(0).publicKey).isEmpty)
            try room.restart()
            for number in 0..<3 { _ = try room.work(number) }
        }
    }

    @Test("A sponsor adds to the pool of a task that runs, as often as it likes and as far as its account reaches")
    func deposits() throws {
        let material = try TaskMaterial.sample(score: .value, pool: 4_000_000, sponsor: AccountName("sponsor/acme"))
        let issued = try TaskMaterial.sample(name: "issued", score: .value, pool: 1)
        let room = try CoordinatorRoom(tasks: [material, issued])
        func add(_ amount: UInt64, to task: Digest) throws {
            try room.coordinator.deposit(amount, into: task, nowMs: room.nowMs)
        }
        for task in [material, issued] { _ = try room.coordinator.open(task, nowMs: room.nowMs) }
        try add(300_000, to: material.id)
        try add(300_000, to: material.id)
        try room.restart()
        try add(300_000, to: material.id)
        #expect(room.replay().state.accounts.balance(of: .escrow(material.id)).available == 4_900_000)
        for amount: UInt64 in [0, 100_001, .max] {
            #expect(throws: CoordinationError(.conflict, "")) { try add(amount, to: material.id) }
        }
        #expect(throws: CoordinationError(.conflict, "")) { try add(1, to: issued.id) }
        #expect(throws: CoordinationError(.notFound, "")) { try add(1, to: SHA256.hash([])) }
        try room.coordinator.closeTask(material.id, nowMs: room.nowMs)
        #expect(throws: CoordinationError(.conflict, "")) { try add(1, to: material.id) }
        #expect(try room.replay().state.accounts.balance(of: AccountName("sponsor/acme")).available == 5_000_000)
        #expect(room.replay().fault == nil)
    }

    @Test("What a task without a sponsor promises is issued into its pool at once, under the cap")
    func issued() throws {
        let material = try TaskMaterial.sample(score: .value, pool: 4_000_000)
        let room = try CoordinatorRoom(tasks: [material])
        try room.register(0..<3)
        let opened = try room.coordinator.open(material, nowMs: room.nowMs)
        #expect(opened.price == 4_000_000)
        let emission = try #require(try transfers(room).last)
        #expect(emission.kind == .emission && emission.amount == 4_000_000)
        #expect(emission.credit == .pool(material.id))
        let sequence = try #require(try room.order(0)?.fundingSequence)
        #expect(try room.bodies()[Int(sequence)] == .transfer(emission))
    }

    @Test("A pool that its sponsor does not have is refused, with what there is, and nothing is written")
    func unfunded() throws {
        let sponsor = try AccountName("sponsor/acme")
        let poor = try TaskMaterial.sample(name: "poor", pool: 5_000_001, sponsor: sponsor)
        let unknown = try TaskMaterial.sample(name: "unknown", sponsor: AccountName("sponsor/nobody"))
        let fitting = try TaskMaterial.sample(name: "fitting", pool: 5_000_000, sponsor: sponsor)
        let more = try TaskMaterial.sample(name: "more", pool: 1, sponsor: sponsor)
        let room = try CoordinatorRoom(tasks: [poor, unknown, fitting, more])
        let count = room.disk.count
        for task in [poor, unknown] {
            let error = #expect(throws: CoordinationError(.invalidTask, "")) {
                try room.coordinator.open(task, nowMs: room.nowMs)
            }
            #expect(error?.message.contains(task.task.reward.sponsor?.text ?? "") == true)
        }
        #expect(room.disk.count == count && room.coordinator.tasks(nowMs: room.nowMs).isEmpty)
        #expect(try !room.coordinator.open(fitting, nowMs: room.nowMs).existed)
        #expect(throws: CoordinationError(.invalidTask, "")) { try room.coordinator.open(more, nowMs: room.nowMs) }
    }

    @Test("What open tasks have reserved under the cap is not promised twice; what they return can be promised again")
    func reserved() throws {
        // The cap is 100 tokens, of which the sponsor has 5.
        let tasks = try ["first", "second"].map { try TaskMaterial.sample(name: $0, score: .value, pool: 60_000_000) }
        let room = try CoordinatorRoom(tasks: tasks)
        _ = try room.coordinator.open(tasks[0], nowMs: room.nowMs)
        let count = room.disk.count
        let error = #expect(throws: CoordinationError(.invalidTask, "")) {
            try room.coordinator.open(tasks[1], nowMs: room.nowMs)
        }
        #expect(error?.message.contains("35") == true, "\(error?.message ?? "")")
        #expect(room.disk.count == count)
        try room.coordinator.closeTask(tasks[0].id, nowMs: room.nowMs)
        #expect(try !room.coordinator.open(tasks[1], nowMs: room.nowMs).existed)
    }

    @Test("A task that pays nothing needs no money and moves none")
    func unpaid() throws {
        let material = try TaskMaterial.sample(rounds: 1, score: .none)
        let room = try CoordinatorRoom(tasks: [material])
        try room.register(0..<3)
        let count = try transfers(room).count
        _ = try room.coordinator.open(material, nowMs: room.nowMs)
        #expect(try room.order(0)?.fundingSequence == nil)
        for number in 0..<3 { try room.contribute(number) }
        #expect(room.coordinator.isClosed(material.id))
        #expect(try transfers(room).count == count)
    }

    @Test("A task whose words would take the pool, or decide the average, names a cap")
    func caps() throws {
        let samples = try TaskMaterial.sample(name: "samples", samplesCap: 0)
        let claimed = try TaskMaterial.sample(
            name: "claimed", score: .value, weights: WeightRule(weighting: .claimed), samplesCap: 0)
        let capped = try TaskMaterial.sample(
            name: "capped", score: .value, weights: WeightRule(weighting: .claimed), samplesCap: 5)
        let room = try CoordinatorRoom(tasks: [samples, claimed, capped])
        for task in [samples, claimed] {
            let error = #expect(throws: CoordinationError(.invalidTask, "")) {
                try room.coordinator.open(task, nowMs: room.nowMs)
            }
            #expect(error?.hint?.contains("samples_cap") == true)
        }
        #expect(try !room.coordinator.open(capped, nowMs: room.nowMs).existed)
    }

    @Test("A cohort smaller than the participants is refused under open trust, where being invited is what gets paid")
    func openCohort() throws {
        let small = try TaskMaterial.sample(name: "small", size: 2, trust: .open, score: .value)
        let large = try TaskMaterial.sample(name: "large", size: 3, trust: .open, score: .value)
        let room = try CoordinatorRoom(tasks: [small, large])
        try room.register(0..<3)
        let error = #expect(throws: CoordinationError(.invalidTask, "")) {
            try room.coordinator.open(small, nowMs: room.nowMs)
        }
        #expect(error?.hint?.contains("cohort.size of at least 3") == true)
        _ = try room.coordinator.open(large, nowMs: room.nowMs)
        try room.register(3..<4)
        for number in 0..<3 { try room.contribute(number) }
        #expect(try room.order(3)?.round == 2, "who came later is invited with the others")
        #expect(room.coordinator.tasks(nowMs: room.nowMs).first?.invitedCount == 4)
    }

    @Test("A task whose configuration is too long for the ledger is refused, and nothing stops")
    func tooLong() throws {
        let keys = (0..<300).map { ("did:key:\($0)" + String(repeating: "x", count: 120), UInt32(1 + $0 % 8)) }
        let material = try TaskMaterial.sample(weights: WeightRule(units: Dictionary(uniqueKeysWithValues: keys)))
        let room = try CoordinatorRoom(tasks: [material])
        let error = #expect(throws: CoordinationError(.invalidTask, "")) {
            try room.coordinator.open(material, nowMs: room.nowMs)
        }
        #expect(error?.message.contains("bytes; the ledger takes") == true)
        try room.register(0..<1)
    }
}
