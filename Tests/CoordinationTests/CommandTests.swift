import Attestation
import Coordination
import Ledger
import Testing

@Suite("Commands are carried out once, however often they come")
struct CommandTests {
    @Test("A key that registers again has the same number and the same entry, also after a restart")
    func registration() throws {
        let room = try CoordinatorRoom(tasks: [])
        let key = try CoordinatorRoom.key(0).publicKey
        let first = try room.coordinator.register(key, label: "edge-0", nowMs: room.nowMs)
        let again = try room.coordinator.register(key, label: "another name", nowMs: room.nowMs)
        #expect(first == again)
        try room.restart()
        #expect(try room.coordinator.register(key, label: "edge-0", nowMs: room.nowMs) == first)
        #expect(room.coordinator.participantCount == 1)
    }

    @Test("A task that is opened again is as it was, and its sponsor pays once")
    func opening() throws {
        let sponsor = try AccountName("sponsor/acme")
        let material = try TaskMaterial.sample(sponsor: sponsor)
        let room = try CoordinatorRoom(tasks: [material])
        let first = try room.coordinator.open(material, nowMs: room.nowMs)
        #expect(!first.existed && first.price == 1_000_000 && first.task == material.id)
        let again = try room.coordinator.open(material, nowMs: room.nowMs)
        #expect(again.existed)
        try room.restart()
        #expect(try room.coordinator.open(material, nowMs: room.nowMs).existed)
        let deposits = try room.bodies().filter {
            if case .transfer(let it) = $0 { it.kind == .deposit } else { false }
        }
        #expect(deposits.count == 1)
        #expect(room.replay().state.accounts.balance(of: .escrow(material.id)).available == 1_000_000)
    }

    @Test("A contribution that is sent again has the same answer: at once, after its round, and after a restart")
    func contribution() throws {
        let material = try TaskMaterial.sample(size: 2)
        let room = try CoordinatorRoom(tasks: [material])
        try room.register(0..<2)
        _ = try room.coordinator.open(material, nowMs: room.nowMs)
        let made = try room.make(0, for: try #require(try room.order(0)))
        try room.send(made)
        try room.submit(made.contribution)
        try room.runJobs()
        let answers = room.takeAnswers()
        #expect(answers.count == 2 && answers[0] == answers[1])
        guard case .accepted = answers[0] else { return #expect(Bool(false), "\(answers)") }
        try room.contribute(1)
        try room.restart()
        _ = room.takeAnswers()
        try room.submit(made.contribution)
        #expect(room.takeAnswers() == [answers[0]])
        let count = try room.bodies().filter { if case .contributionAccepted = $0 { true } else { false } }.count
        #expect(count == 2)
    }

    @Test("A contribution whose update is not there is answered as incomplete, and nothing is written")
    func incomplete() throws {
        let material = try TaskMaterial.sample(size: 2)
        let room = try CoordinatorRoom(tasks: [material])
        try room.register(0..<2)
        _ = try room.coordinator.open(material, nowMs: room.nowMs)
        let made = try room.make(0, for: try #require(try room.order(0)))
        let count = room.disk.count
        try room.submit(made.contribution)
        #expect(room.takeAnswers() == [.incomplete])
        #expect(room.disk.count == count)
    }
}
