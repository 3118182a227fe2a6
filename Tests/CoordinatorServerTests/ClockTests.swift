import Attestation
import CoordinatorServer
import Foundation
import Ledger
import SwiftProtobuf
import Testing
import Wire

@Suite("Clocks that somebody sets")
struct ClockTests {
    private static let dayMs: Int64 = 86_400_000
    private static let yearMs: Int64 = 365 * dayMs

    /// The task's state as the operator sees it.
    private func summary(_ room: ServerRoom) async throws -> WireTaskSummary {
        let list = try await room.get("/v1/tasks", room.operatorSession())
        return try #require(try WireTaskList(serializedBytes: list.bytes).tasks.first)
    }

    @Test("Setting the machine's clock ends no session, challenge or round, and lets none last longer")
    func whileRunning() async throws {
        for setByMs in [Self.dayMs, -Self.dayMs] {
            try await ServerRoom.with(settings: { $0.participation = .open }) { room in
                let hands = [try await room.hand("edge-0"), try await room.hand("edge-1")]
                for hand in hands { _ = try await hand.work(waitMs: 0) }
                let text = SmallTask.text(deadlineSeconds: 600)
                _ = try await room.open(text)
                let orders = [try await hands[0].work().train, try await hands[1].work().train]
                let late = try await room.session(SigningKey.generate(), .auditor)
                let key = try SigningKey.generate()
                let nonce = try await room.challenge(key)
                let signature = try key.sign(
                    SessionSignature.message(nonce: nonce, origin: "test.example/log", role: .auditor))
                room.clock.set(byMs: setByMs)
                let opened = try await room.openSession(key, .auditor) { request in
                    request.nonce = Data(nonce)
                    request.signature = Data(signature)
                }
                #expect(opened.status == 200)
                #expect(try await room.get("/v1/tasks", late).status == 200)
                try await hands[0].contribute(orders[0], text, value: 0.25)
                try await hands[1].contribute(orders[1], text, value: 0.5)
                try await room.eventually { try await summary(room).round == 2 }
                try await room.eventually { room.log.contains { $0.contains("this machine's clock was set") } }
                // The second round is given up after its ten minutes, and a session ends after its hour.
                room.clock.advance(ms: 601_000)
                try await room.eventually { try await summary(room).stage != "collecting" }
                room.clock.advance(ms: 3_000_000)
                #expect(try await room.get("/v1/tasks", late).problem == "unknown_session")
            }
        }
    }

    @Test(
        "After a restart with a clock far behind the ledger a deadline keeps its length; the log says which is wrong",
        arguments: [true, false])
    func aheadOfTheClock(isSynchronised: Bool) async throws {
        try await ServerRoom.with(
            settings: { $0.participation = .open }, configure: { $0.isClockSynchronised = { isSynchronised } }
        ) { room in
            try await room.stop()
            // Everything so far was done by a clock that was a year ahead.
            room.clock.set(byMs: Self.yearMs)
            try await room.start()
            let hands = [try await room.hand("edge-0"), try await room.hand("edge-1")]
            for hand in hands { _ = try await hand.work(waitMs: 0) }
            _ = try await room.open(SmallTask.text(deadlineSeconds: 600))
            try await room.eventually { try await summary(room).stage == "collecting" }
            try await room.stop()
            room.clock.set(byMs: -Self.yearMs)
            try await room.start()
            let line = try #require(room.log.first { $0.contains("s ahead of this machine's clock") })
            #expect(line.contains(isSynchronised ? "written by a clock that ran ahead" : "set it (timedatectl"))
            let open = try await summary(room)
            #expect(open.stage == "collecting" && open.round == 1)
            let nowMs = room.clock.nowMs
            #expect((nowMs...nowMs + 601_000).contains(open.deadlineMs), "as this machine's clock will show it")
            let information = try await room.send("GET", "/v1/coordinator")
            let shownMs = try WireCoordinatorInfo(serializedBytes: information.bytes).nowMs
            #expect(shownMs >= nowMs && shownMs < nowMs + 60_000, "agents compare their clocks with this machine's")
            room.clock.advance(ms: 601_000)
            try await room.eventually { try await summary(room).stage != "collecting" }
            #expect(!room.log.contains { $0.contains("this machine's clock was set") })
        }
    }

    @Test("With no task open the ledger's time follows the machine's clock, and participants stay known")
    func followsWhileIdle() async throws {
        try await ServerRoom.with(settings: { $0.participation = .open }) { room in
            let hands = [try await room.hand("edge-0"), try await room.hand("edge-1")]
            for hand in hands { _ = try await hand.work(waitMs: 0) }
            room.clock.set(byMs: Self.dayMs)
            // Both are there still: nobody has to ask again before a round can open.
            let task = try await room.open(SmallTask.text()).task
            try await room.eventually {
                _ = try await hands[0].work(waitMs: 0)
                return try await summary(room).stage == "collecting"
            }
            let auditor = try await room.session(SigningKey.generate(), .auditor)
            let opened = try await room.entries(auditor).entries.first { entry in
                if case .taskOpened(let opened) = entry.body { opened.task.bytes == [UInt8](task) } else { false }
            }
            let difference = Int64(room.clock.nowMs) - Int64(try #require(opened).timeMs)
            #expect(difference.magnitude < 60_000)
        }
    }
}
