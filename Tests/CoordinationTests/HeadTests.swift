import Attestation
import Coordination
import Ledger
import Testing

@Suite("A log has one head")
struct HeadTests {
    @Test("An older copy of the ledger is not taken up once more was signed, and nothing is written to it")
    func restoredCopy() throws {
        let room = try CoordinatorRoom(tasks: [])
        try room.register(0..<2)
        _ = try room.coordinator.checkpoint()
        let old = try room.copiedDisk()
        try room.register(2..<4)
        _ = try room.coordinator.checkpoint()
        let count = old.count
        let error = #expect(throws: CoordinationError(.staleLedger, "")) { try CoordinatorRoom(over: old, of: room) }
        #expect(error?.message.contains("the log has \(count) entries") == true)
        #expect(error?.message.contains("signed over \(count + 2)") == true)
        #expect(error?.hint?.contains("put the newest copy back") == true)
        #expect(old.count == count)
    }

    @Test("Of two coordinators over copies of one ledger only one signs: the other stops before a head leaves it")
    func twoCoordinators() throws {
        let room = try CoordinatorRoom(tasks: [])
        let copy = try CoordinatorRoom(over: room.copiedDisk(), of: room)
        try room.register(0..<1)
        _ = try room.coordinator.checkpoint()
        let signed = try room.heads.last()
        try copy.register(1..<2)
        let error = #expect(throws: CoordinationError(.ledgerFailed, "")) { try copy.coordinator.checkpoint() }
        #expect(error?.hint?.contains("two coordinators used one key") == true)
        #expect(throws: CoordinationError(.ledgerFailed, "")) { try copy.coordinator.visibleCheckpoint() }
        #expect(throws: CoordinationError(.ledgerFailed, "")) { try copy.coordinator.receipt(sequence: 0, for: nil) }
        #expect(try room.heads.last() == signed)
        #expect(throws: CoordinationError(.staleLedger, "")) { try CoordinatorRoom(over: copy.disk, of: room) }
        try room.register(2..<3)
        _ = try room.coordinator.checkpoint()
    }

    @Test("Every head is swapped in before it is given out, with a receipt as well; a head over less moves nothing")
    func swappedFirst() throws {
        let room = try CoordinatorRoom(tasks: [TaskMaterial.sample(score: .value)])
        func last() throws -> String { String(decoding: try #require(try room.heads.last()), as: UTF8.self) }
        try room.register(0..<3)
        let receipt = try room.coordinator.receipt(sequence: 0, for: nil)
        #expect(receipt.hasSuffix(try last()))
        _ = try room.coordinator.open(try #require(room.tasks.first), nowMs: room.nowMs)
        #expect(try room.coordinator.visibleCheckpoint() == last())
        try room.contribute(0)
        let whole = try room.coordinator.checkpoint()
        #expect(try last() == whole)
        let visible = try room.coordinator.visibleCheckpoint()
        #expect(visible != whole)
        #expect(try last() == whole)
        try room.restart()
        #expect(try room.coordinator.visibleCheckpoint() == visible)
        #expect(try last() == whole)
    }

    @Test("A new ledger is not begun with a key that has signed one")
    func secondGenesis() throws {
        let room = try CoordinatorRoom(tasks: [])
        let genesis = try #require(room.replay().state.genesis)
        let disk = InMemoryLedgerStore()
        let error = #expect(throws: CoordinationError(.ledgerFailed, "")) {
            try Coordinator.create(
                store: disk, signer: room.signer, heads: room.heads, genesis: genesis, nowMs: room.nowMs)
        }
        #expect(error?.message.contains("open its ledger instead") == true)
        #expect(disk.count == 0)
    }
}
