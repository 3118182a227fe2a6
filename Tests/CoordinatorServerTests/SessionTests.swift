import Attestation
import Coordination
import CoordinatorServer
import Foundation
import NIOHTTP1
import SwiftProtobuf
import Tensors
import Testing
import Training
import Wire

@Suite("Sessions")
struct SessionTests {
    @Test("A request that waits while everything is read anew is answered, on its connection and in its session")
    func outlastsReload() async throws {
        try await ServerRoom.with(settings: { $0.participation = .open }) { room in
            let token = try await room.participant().token
            var ask = WireWorkRequest()
            ask.waitMs = 1_500
            let asked = ask
            async let waiting = room.send("POST", "/v1/work", token: token, message: asked)
            try await Task.sleep(for: .milliseconds(300))
            _ = try room.folder.renewCertificate(nowSeconds: Int64(room.clock.nowMs / 1_000))
            let settings = try String(contentsOfFile: room.folder.settings, encoding: .utf8)
            try settings.replacingOccurrences(of: "participation: open", with: "participation: invited")
                .write(toFile: room.folder.settings, atomically: true, encoding: .utf8)
            room.service?.reload()
            try await room.eventually {
                let stranger = try await room.session(SigningKey.generate())
                let answer = try await room.send(
                    "POST", "/v1/participants", token: stranger, message: WireRegistrationRequest())
                return answer.problem == "bad_invitation"
            }
            #expect(try await waiting.status == 200)
            #expect(try await room.send("GET", "/v1/account", token: token).status == 200)
        }
    }

    @Test("A challenge is good once")
    func replayed() async throws {
        try await ServerRoom.with { room in
            let key = try SigningKey.generate()
            let nonce = try await room.challenge(key)
            var request = WireSessionRequest()
            request.publicKey = Data(key.publicKey.bytes)
            request.nonce = Data(nonce)
            request.role = .auditor
            request.signature = Data(
                try key.sign(SessionSignature.message(nonce: nonce, origin: "test.example/log", role: .auditor)))
            #expect(try await room.send("POST", "/v1/sessions", message: request).status == 200)
            let again = try await room.send("POST", "/v1/sessions", message: request)
            #expect(again.status == 401 && again.problem == "bad_signature")
        }
    }

    @Test("A signature for another coordinator, another role or by another key opens nothing")
    func wrongSignatures() async throws {
        try await ServerRoom.with { room in
            let key = try SigningKey.generate()
            let other = try SigningKey.generate()
            let elsewhere = try await room.openSession(key, .auditor, origin: "other.example/log")
            #expect(elsewhere.status == 401 && elsewhere.problem == "bad_signature")
            let promoted = try await room.openSession(key, .participant) { $0.role = .auditor }
            #expect(promoted.problem == "bad_signature")
            let stolen = try await room.openSession(key, .auditor) { $0.publicKey = Data(other.publicKey.bytes) }
            #expect(stolen.problem == "bad_signature")
            let cut = try await room.openSession(key, .auditor) { $0.signature = Data($0.signature.prefix(63)) }
            #expect(cut.problem == "bad_signature")
            let none = try await room.openSession(key, .unspecified)
            #expect(none.status == 400)
        }
    }

    @Test("Operator is the coordinator's own key alone, sponsor a key that it lists")
    func roles() async throws {
        let sponsor = try SigningKey.generate()
        try await ServerRoom.with(settings: { $0.sponsors = [sponsor.publicKey] }) { room in
            let stranger = try SigningKey.generate()
            for role in [WireRole.operator, .sponsor] {
                let answer = try await room.openSession(stranger, role)
                #expect(answer.status == 403 && answer.problem == "forbidden")
            }
            #expect(try await room.openSession(sponsor, .sponsor).status == 200)
            #expect(try await room.openSession(sponsor, .operator).status == 403)
            #expect(try await room.openSession(room.folder.readKey(), .operator).status == 200)
        }
    }

    @Test("A challenge is good for a minute, a session for an hour")
    func expiry() async throws {
        try await ServerRoom.with { room in
            let key = try SigningKey.generate()
            let token = try await room.session(key, .auditor)
            #expect(try await room.send("GET", "/v1/tasks", token: token).status == 200)
            room.clock.advance(ms: 59 * 60_000)
            #expect(try await room.send("GET", "/v1/tasks", token: token).status == 200)
            room.clock.advance(ms: 61_000)
            #expect(try await room.send("GET", "/v1/tasks", token: token).problem == "unknown_session")
            let nonce = try await room.challenge(key)
            room.clock.advance(ms: 61_000)
            let late = try await room.openSession(key, .auditor) { $0.nonce = Data(nonce) }
            #expect(late.problem == "bad_signature")
        }
    }

    @Test("A key holds four sessions; the oldest gives way")
    func fourSessions() async throws {
        try await ServerRoom.with { room in
            let key = try SigningKey.generate()
            var tokens: [String] = []
            for _ in 0..<5 { tokens.append(try await room.session(key, .auditor)) }
            #expect(Set(tokens).count == 5)
            #expect(try await room.send("GET", "/v1/tasks", token: tokens[0]).status == 401)
            for token in tokens.dropFirst() {
                #expect(try await room.send("GET", "/v1/tasks", token: token).status == 200)
            }
        }
    }

    @Test("Requests of a key and of an address are limited, and the answer says when to come again")
    func rates() async throws {
        try await ServerRoom.with(configure: { options in
            options.limits.keyRate = .init(burst: 5, perSecond: 0.5)
        }) { room in
            let token = try await room.session(SigningKey.generate(), .auditor)
            room.clock.stop()
            for _ in 0..<5 { #expect(try await room.send("GET", "/v1/tasks", token: token).status == 200) }
            let refused = try await room.send("GET", "/v1/tasks", token: token)
            #expect(refused.status == 429 && refused.problem == "rate_limited")
            #expect(Int(refused.headers.first(name: "Retry-After") ?? "") == 2)
            room.clock.advance(ms: 2_100)
            #expect(try await room.send("GET", "/v1/tasks", token: token).status == 200)
        }
        try await ServerRoom.with(configure: { options in
            options.limits.addressRate = .init(burst: 3, perSecond: 0.1)
        }) { (room) async throws in
            room.clock.stop()
            for _ in 0..<3 { #expect(try await room.send("GET", "/v1/coordinator").status == 200) }
            #expect(try await room.send("GET", "/v1/coordinator").status == 429)
            // Whether the process lives is always answered.
            #expect(try await room.send("GET", "/healthz").status == 200)
        }
    }
}
