import Attestation
import CoordinatorServer
import Foundation
import NIOHTTP1
import SwiftProtobuf
import Testing
import Wire

@Suite("Limits on what one address may ask for")
struct FloodTests {
    private static let digest = String(repeating: "ab", count: 32)

    @Test("An address registers so many keys without an invitation, and more later; invitations are not counted")
    func registrations() async throws {
        try await ServerRoom.with(
            settings: { $0.participation = .open },
            configure: { $0.limits.registrationRate = .init(burst: 3, perSecond: 1.0 / 360) }
        ) { room in
            room.clock.stop()
            for _ in 0..<3 { _ = try await room.participant() }
            let token = try await room.session(SigningKey.generate())
            let refused = try await room.send(
                "POST", "/v1/participants", token: token, message: WireRegistrationRequest())
            #expect(refused.status == 429 && refused.problem == "rate_limited")
            #expect((360...361).contains(Int(refused.headers.first(name: "Retry-After") ?? "") ?? 0))
            let invitation = try await room.send(
                "POST", "/v1/invitations", token: room.operatorSession(), message: WireInvitationRequest())
            let code = try WireInvitation(serializedBytes: invitation.bytes).code
            _ = try await room.participant("invited", invitation: code)
            room.clock.advance(ms: 360_000)
            let later = try await room.session(SigningKey.generate())
            let taken = try await room.send(
                "POST", "/v1/participants", token: later, message: WireRegistrationRequest())
            #expect(taken.status == 200)
        }
    }

    @Test("Requests for chunks count, with a session and without")
    func chunks() async throws {
        try await ServerRoom.with(configure: { options in
            options.limits.addressRate = .init(burst: 6, perSecond: 0.1)
            options.limits.keyRate = .init(burst: 2, perSecond: 0.1)
        }) { room in
            room.clock.stop()
            let path = "/v1/blobs/\(Self.digest)/chunks/0"
            let token = try await room.operatorSession()
            for _ in 0..<2 { #expect(try await room.get(path, token).status == 404) }
            #expect(try await room.get(path, token).status == 429)
            for method in ["GET", "PUT"] {
                let part = method == "GET" ? path : "/v1/updates/\(Self.digest)/chunks/0"
                for _ in 0..<2 { #expect(try await room.send(method, part, method == "PUT" ? [1] : nil).status == 401) }
            }
            #expect(try await room.send("GET", path).status == 429)
            #expect(try await room.send("PUT", "/v1/updates/\(Self.digest)/chunks/0", [1]).status == 429)
        }
    }

    @Test("Strangers of an address that use up its requests leave those of its members alone")
    func membersHaveTheirOwn() async throws {
        try await ServerRoom.with(configure: { $0.limits.addressRate = .init(burst: 5, perSecond: 0.1) }) { room in
            room.clock.stop()
            let token = try await room.operatorSession()
            for _ in 0..<3 { #expect(try await room.send("GET", "/v1/coordinator").status == 200) }
            #expect(try await room.send("GET", "/v1/coordinator").status == 429)
            #expect(try await room.get("/v1/participants", token).status == 200)
        }
    }

    @Test("Few descriptors serve few connections, and too few are said to be")
    func descriptors() throws {
        #expect(try FileLimit.connectionCount(descriptors: 512) == 256)
        #expect(try FileLimit.connectionCount(descriptors: FileLimit.fewest) == 32)
        #expect(try FileLimit.connectionCount(descriptors: 1_024) == 512)
        #expect(try FileLimit.connectionCount(descriptors: 4_096) == 3_584)
        #expect(try FileLimit.connectionCount(descriptors: 1 << 20) == CoordinatorServerLimits.connectionCount)
        let error = #expect(throws: CoordinatorServerError.self) { try FileLimit.connectionCount(descriptors: 63) }
        #expect(error?.code == .limitExceeded && error?.hint?.contains("ulimit") == true)
    }
}
