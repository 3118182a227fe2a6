import Attestation
import CoordinatorServer
import Foundation
import SwiftProtobuf
import Testing
import Wire

@Suite("A session's token without its key")
struct StolenTokenTests {
    private static let digest = String(repeating: "ab", count: 32)
    /// A signature by nobody's key, so that the room does not sign itself.
    private static let none = [(RequestSignature.header, "")]

    @Test("Whoever has stolen a token takes its owner out of no round and starts nothing in its name")
    func participant() async throws {
        try await ServerRoom.with(settings: { $0.participation = .open }) { room in
            let hands = [try await room.hand("edge-0"), try await room.hand("edge-1")]
            for hand in hands { _ = try await hand.work(waitMs: 0) }
            let task = try await room.open(SmallTask.text()).task
            let order = try await hands[0].work().train
            var decline = WireWorkRequest()
            decline.declinedTasks = [task]
            let body: [UInt8] = try decline.serializedBytes()
            let token = hands[0].token
            for (method, path, body) in [
                ("DELETE", "/v1/participants/me", nil), ("POST", "/v1/work", body), ("POST", "/v1/participants", []),
                ("POST", "/v1/updates/\(Self.digest)", []), ("POST", "/v1/contributions", []),
            ] as [(String, String, [UInt8]?)] {
                let answer = try await room.send(method, path, token: token, body, headers: Self.none)
                #expect(answer.status == 401 && answer.problem == "bad_signature", "\(path)")
            }
            // The owner's signature of one request is none of another.
            let signature = try RequestSignature.value(
                by: hands[0].key, method: "POST", path: "/v1/work", body: [], token: token, origin: "test.example/log")
            let moved = try await room.send(
                "DELETE", "/v1/participants/me", token: token, headers: [(RequestSignature.header, signature)])
            #expect(moved.problem == "bad_signature")
            let list = try await room.get("/v1/tasks", room.operatorSession())
            let waiting = try WireTaskList(serializedBytes: list.bytes).tasks.first?.waitingFor ?? ""
            #expect(waiting.hasPrefix("waiting for 2 of 2: edge-0 (last seen"), "\(waiting)")
            try await hands[0].contribute(order, SmallTask.text(), value: 0.25)
            #expect(try await room.send("DELETE", "/v1/participants/me", token: token).status == 204)
        }
    }

    @Test("A stolen token of the operator's changes nothing")
    func admin() async throws {
        try await ServerRoom.with(settings: { $0.participation = .open }) { room in
            _ = try await room.participant("edge-0")
            let token = try await room.operatorSession()
            for path in [
                "/v1/tasks", "/v1/tasks/\(Self.digest)/close", "/v1/invitations", "/v1/participants/0/ban",
                "/v1/participants/0/units", "/v1/tasks/\(Self.digest)/deposits/1",
            ] {
                let answer = try await room.send("POST", path, token: token, [], headers: Self.none)
                #expect(answer.status == 401 && answer.problem == "bad_signature", "\(path)")
            }
            #expect(try await room.get("/v1/participants", token).status == 200, "it reads")
        }
    }

    @Test("A statement is taken in its own key's session alone")
    func otherKey() async throws {
        try await ServerRoom.with(settings: { $0.participation = .open }) { room in
            let hands = [try await room.hand("edge-0"), try await room.hand("edge-1")]
            for hand in hands { _ = try await hand.work(waitMs: 0) }
            _ = try await room.open(SmallTask.text())
            let order = try await hands[0].work().train
            let statement = try hands[0].statement(order, SmallTask.text(), SmallTask.update(SmallTask.text()))
            let answer = try await hands[1].contribute(statement)
            #expect(answer.status == 403 && answer.problem == "forbidden")
        }
    }
}
