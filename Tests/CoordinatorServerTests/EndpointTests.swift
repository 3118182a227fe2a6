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

@Suite("Endpoints")
struct EndpointTests {
    static let digest = String(repeating: "ab", count: 32)

    /// Every path that needs a session, as one request each.
    static let guarded: [(String, String)] = [
        ("POST", "/v1/participants"), ("DELETE", "/v1/participants/me"), ("POST", "/v1/work"), ("GET", "/v1/tasks"),
        ("GET", "/v1/tasks/\(digest)"), ("GET", "/v1/blobs/\(digest)"), ("GET", "/v1/blobs/\(digest)/chunks/0"),
        ("POST", "/v1/updates/\(digest)"), ("PUT", "/v1/updates/\(digest)/chunks/0"), ("POST", "/v1/contributions"),
        ("GET", "/v1/account"), ("GET", "/v1/receipts/0"), ("GET", "/v1/checkpoint"),
        ("GET", "/v1/ledger/entries?from=0&count=1"), ("POST", "/v1/tasks"), ("POST", "/v1/invitations"),
        ("GET", "/v1/participants"), ("POST", "/v1/participants/0/ban"), ("POST", "/v1/participants/0/units"),
        ("POST", "/v1/tasks/\(digest)/close"), ("POST", "/v1/tasks/\(digest)/deposits/1"),
    ]

    @Test("What needs no session answers without one")
    func openEndpoints() async throws {
        try await ServerRoom.with { room in
            let health = try await room.send("GET", "/healthz")
            #expect(health.status == 200 && String(decoding: health.bytes, as: UTF8.self) == "ok\n")
            #expect(try await room.send("GET", "/readyz").status == 200)
            let metrics = try await room.send("GET", "/metrics")
            #expect(metrics.status == 200)
            #expect(String(decoding: metrics.bytes, as: UTF8.self).contains("# TYPE tributary_rounds_total counter"))
            let info = try WireCoordinatorInfo(serializedBytes: try await room.send("GET", "/v1/coordinator").bytes)
            #expect(info.origin == "test.example/log" && info.version == "test")
            #expect(try NoteVerifier(vkey: info.verifierKey).publicKey == room.folder.readKey().publicKey)
        }
    }

    @Test("Everything else answers 401 without a session, or with a token that nobody was given")
    func noSession() async throws {
        try await ServerRoom.with { room in
            for (method, path) in Self.guarded {
                let without = try await room.send(method, path)
                #expect(without.status == 401 && without.problem == "unknown_session", "\(method) \(path)")
                let invented = try await room.send(method, path, token: "AAAA")
                #expect(invented.status == 401 && invented.problem == "unknown_session", "\(method) \(path)")
            }
        }
    }

    @Test(
        "Paths that are none answer 404, numbers and digests that are none 400",
        arguments: [
            ("GET", "/", 404), ("GET", "/v1", 404), ("GET", "/v2/tasks", 404), ("PATCH", "/v1/tasks", 404),
            ("GET", "/v1/tasks/", 400), ("GET", "/v1/tasks/xyz", 400),
            ("GET", "/v1/blobs/\(EndpointTests.digest.uppercased())", 400),
            ("GET", "/v1/blobs/\(EndpointTests.digest)/chunks/-1", 400),
            ("GET", "/v1/blobs/\(EndpointTests.digest)/chunks/65536", 404),
            ("GET", "/v1/blobs/\(EndpointTests.digest)/chunks/99999999999999999999", 400),
            ("GET", "/v1/receipts/1e3", 400),
            ("GET", "/v1/ledger/entries?from=x", 400), ("GET", "/v1/ledger/entries?frm=1", 400),
            ("POST", "/v1/participants/4294967296/ban", 400), ("POST", "/v1/participants/-1/units", 400),
            ("POST", "/v1/tasks/xyz/close", 400), ("POST", "/v1/tasks/\(EndpointTests.digest)/deposits/-1", 400),
            ("GET", "/v1/tasks/\(EndpointTests.digest)/close", 404),
            ("GET", "/v1/tasks/" + String(repeating: "a", count: 600), 400),
        ])
    func paths(method: String, path: String, status: Int) async throws {
        try await ServerRoom.with { room in
            let answer = try await room.send(method, path)
            #expect(answer.status == status)
            #expect(answer.problem == (status == 404 ? "not_found" : "malformed_request"))
        }
    }

    @Test("A role may do what its line of the table says and nothing more")
    func roles() async throws {
        try await ServerRoom.with { room in
            let key = try SigningKey.generate()
            let participant = try await room.session(key, .participant)
            let auditor = try await room.session(key, .auditor)
            for path in ["/v1/ledger/entries?from=0&count=10", "/v1/participants"] {
                let answer = try await room.send("GET", path, token: participant)
                #expect(answer.status == 403 && answer.problem == "forbidden", "\(path)")
            }
            let closing = "/v1/tasks/\(Self.digest)/close"
            for (method, path) in [
                ("POST", "/v1/work"), ("POST", "/v1/tasks"), ("GET", "/v1/account"), ("POST", closing),
                ("POST", "/v1/participants/0/units"),
            ] {
                let answer = try await room.send(method, path, token: auditor)
                #expect(answer.status == 403 && answer.problem == "forbidden", "\(path)")
            }
            let page = try await room.send("GET", "/v1/ledger/entries?from=0&count=10", token: auditor)
            let entries = try WireEntryPage(serializedBytes: page.bytes)
            #expect(entries.ledgerSize == UInt64(entries.entries.count) && entries.ledgerSize >= 1)
            #expect(try await room.send("GET", "/v1/checkpoint", token: auditor).status == 200)
            #expect(try await room.send("GET", "/v1/receipts/0", token: auditor).status == 200)
            #expect(try await room.send("GET", "/v1/receipts/999", token: auditor).status == 404)
        }
    }

    @Test("Bodies that are no message answer 400, longer ones than the limit 413")
    func bodies() async throws {
        try await ServerRoom.with { room in
            let token = try await room.session(SigningKey.generate())
            for path in ["/v1/participants", "/v1/work", "/v1/contributions", "/v1/updates/\(Self.digest)"] {
                let garbage = try await room.send("POST", path, token: token, [0xFF, 0xFF, 0xFF, 0x07])
                #expect(garbage.status == 400 && garbage.problem == "malformed_request", "\(path)")
                let long = try await room.send("POST", path, token: token, [UInt8](repeating: 0, count: 2_400_000))
                #expect(long.status == 413 && long.problem == "too_large", "\(path)")
            }
            #expect(try await room.send("POST", "/v1/sessions", [1, 2, 3]).status == 400)
            let short = try await room.send("POST", "/v1/sessions/challenge", [0x0A, 0x02, 0x01, 0x01])
            #expect(short.status == 400)
        }
    }

    @Test("A participant that has not registered is told so")
    func notRegistered() async throws {
        try await ServerRoom.with { room in
            let token = try await room.session(SigningKey.generate())
            for (method, path) in [("POST", "/v1/work"), ("GET", "/v1/account")] {
                let answer = try await room.send(method, path, token: token, method == "POST" ? [] : nil)
                #expect(answer.status == 403 && answer.problem == "not_registered", "\(path)")
            }
        }
    }

    @Test("A banned key is turned away everywhere, until the ban is lifted")
    func bans() async throws {
        try await ServerRoom.with(settings: { $0.participation = .open }) { room in
            let (key, token) = try await room.participant("edge-0")
            let admin = try await room.operatorSession()
            var ban = WireBanRequest()
            ban.banned = true
            #expect(try await room.send("POST", "/v1/participants/0/ban", token: admin, message: ban).status == 204)
            #expect(try await room.send("POST", "/v1/participants/7/ban", token: admin, message: ban).status == 404)
            #expect(try await room.send("POST", "/v1/work", token: token, []).status == 401)
            let challenge = try await room.openSession(key, .auditor)
            #expect(challenge.status == 403 && challenge.problem == "banned")
            try await room.stop()
            try await room.start()
            #expect(try await room.openSession(key, .auditor).problem == "banned")
            ban.banned = false
            let again = try await room.operatorSession()
            #expect(try await room.send("POST", "/v1/participants/0/ban", token: again, message: ban).status == 204)
            #expect(try await room.openSession(key, .auditor).status == 200)
        }
    }

    @Test("The metrics are not for a session that is not the operator's, where they are for this machine alone")
    func metricsCountWhatHappens() async throws {
        try await ServerRoom.with(settings: { $0.participation = .open }) { room in
            _ = try await room.participant("edge-0")
            #expect(try await room.metric("participants") == 1)
            #expect(try await room.metric("ledger_entries") >= 2)
            #expect(try await room.metric("resident_memory_bytes") > 1_000_000)
            #expect(try await room.metric("requests_total") >= 3)
        }
    }
}
