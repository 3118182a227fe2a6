import Attestation
import Coordination
import CoordinatorServer
import Foundation
import NIOHTTP1
import SwiftProtobuf
import Tensors
import TestSupport
import Testing
import Training
import Wire

@Suite("Invitations")
struct InvitationTests {
    @Test("Without an invitation nobody joins a coordinator that invites")
    func none() async throws {
        try await ServerRoom.with { room in
            let token = try await room.session(SigningKey.generate())
            var request = WireRegistrationRequest()
            for code in ["", "made-up"] {
                request.invitation = code
                let answer = try await room.send("POST", "/v1/participants", token: token, message: request)
                #expect(answer.status == 403 && answer.problem == "bad_invitation")
            }
            request.label = "two\nlines"
            #expect(try await room.send("POST", "/v1/participants", token: token, message: request).status == 400)
        }
    }

    @Test("One invitation is good for so many keys; a key that lost the answer asks again")
    func uses() async throws {
        try await ServerRoom.with { room in
            let admin = try await room.operatorSession()
            var ask = WireInvitationRequest()
            ask.uses = 1
            let code = try WireInvitation(
                serializedBytes: try await room.send("POST", "/v1/invitations", token: admin, message: ask).bytes
            ).code
            let first = try SigningKey.generate()
            let token = try await room.session(first)
            var request = WireRegistrationRequest()
            request.label = "edge-0"
            request.invitation = code
            let joined = try await room.send("POST", "/v1/participants", token: token, message: request)
            let again = try await room.send("POST", "/v1/participants", token: token, message: request)
            #expect(joined.status == 200 && joined.bytes == again.bytes)
            let second = try await room.session(SigningKey.generate())
            let refused = try await room.send("POST", "/v1/participants", token: second, message: request)
            #expect(refused.problem == "bad_invitation")
            try await room.stop()
            try await room.start()
            let third = try await room.session(SigningKey.generate())
            #expect(try await room.send("POST", "/v1/participants", token: third, message: request).status == 403)
        }
    }

    @Test("The book survives a restart, counts uses, and lets expired invitations go")
    func book() throws {
        let folder = try TemporaryFolder()
        let home = CoordinatorFolder(path: folder.path)
        let keys = try (0..<4).map { _ in try SigningKey.generate().publicKey }
        var book = try InvitationBook(folder: home)
        let two = try book.make(uses: 2, expiresMs: nil, nowMs: 1_000)
        let short = try book.make(uses: nil, expiresMs: 2_000, nowMs: 1_000)
        try book.use(two, by: keys[0], nowMs: 1_000)
        try book.use(short, by: keys[3], nowMs: 1_999)
        book = try InvitationBook(folder: home)
        try book.use(two, by: keys[0], nowMs: 1_000)
        try book.use(two, by: keys[1], nowMs: 1_000)
        #expect(throws: InvitationBook.Refusal.usedUp) { try book.use(two, by: keys[2], nowMs: 1_000) }
        #expect(throws: InvitationBook.Refusal.expired) { try book.use(short, by: keys[0], nowMs: 2_000) }
        #expect(throws: InvitationBook.Refusal.unknown) { try book.use("nope", by: keys[0], nowMs: 1_000) }
        _ = try book.make(uses: 1, expiresMs: nil, nowMs: 3_000)
        #expect(throws: InvitationBook.Refusal.unknown) { try book.use(short, by: keys[0], nowMs: 3_000) }
        let text = try String(contentsOfFile: home.invitations, encoding: .utf8)
        #expect(!text.contains(two), "the file must not hold codes")
    }

    @Test("An invitation's units survive a restart and go to every key that joins with it; books of before have none")
    func units() throws {
        let folder = try TemporaryFolder()
        let home = CoordinatorFolder(path: folder.path)
        let keys = try (0..<3).map { _ in try SigningKey.generate().publicKey }
        let made = try InvitationBook(folder: home)
        let heavy = try made.make(uses: 2, expiresMs: nil, units: 8, nowMs: 1_000)
        let open = try made.make(uses: nil, expiresMs: nil, units: 1, nowMs: 1_000)
        let plain = try made.make(uses: 1, expiresMs: nil, nowMs: 1_000)
        #expect(throws: CoordinatorServerError(.badSettings, "")) {
            try made.make(uses: 1, expiresMs: nil, units: 9, nowMs: 1_000)
        }
        let book = try InvitationBook(folder: home)
        #expect(try book.use(heavy, by: keys[0], nowMs: 1_000) == 8)
        #expect(try book.use(heavy, by: keys[0], nowMs: 1_000) == 8, "asked again")
        #expect(try book.use(heavy, by: keys[1], nowMs: 1_000) == 8)
        #expect(try book.use(open, by: keys[2], nowMs: 1_000) == 1)
        #expect(try book.use(plain, by: keys[2], nowMs: 1_000) == 0)
        let lines = try String(contentsOfFile: home.invitations, encoding: .utf8).split(separator: "\n")
        #expect(lines.map { $0.split(separator: " ").count } == [5, 5, 4])
        _ = try folder.write(Array("\(lines[0].dropLast())9\n".utf8), to: "invitations")
        #expect(throws: CoordinatorServerError(.damagedFile, "")) { try InvitationBook(folder: home) }
    }

    @Test("A damaged book is refused with the line that is wrong")
    func damaged() throws {
        let folder = try TemporaryFolder()
        _ = try folder.write(Array("nonsense\n".utf8), to: "invitations")
        #expect(throws: CoordinatorServerError(.damagedFile, "")) {
            try InvitationBook(folder: CoordinatorFolder(path: folder.path))
        }
    }
}
