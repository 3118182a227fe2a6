import Attestation
import CoordinatorServer
import Foundation
import Testing
import Wire

@Suite("Who sees what a coordinator keeps")
struct PrivacyTests {
    /// What other users of the machine may read, write or enter below a folder, itself included.
    private static func open(_ path: String) throws -> [String] {
        let files = FileManager.default
        let names = try #require(files.subpaths(atPath: path)).map { "\(path)/\($0)" }
        return try ([path] + names).filter { name in
            let mode = try files.attributesOfItem(atPath: name)[.posixPermissions] as? Int
            return try #require(mode) & 0o077 != 0
        }
    }

    @Test("Other users of the machine are kept out of all that a coordinator makes, and of what an older one left open")
    func modes() async throws {
        let text = SmallTask.text(name: "small")
        try await ServerRoom.with(settings: { $0.participation = .open }) { room in
            _ = try await room.participant()
            let admin = try await room.operatorSession()
            var opening = WireOpenTaskRequest()
            opening.text = text
            #expect(try await room.send("POST", "/v1/tasks", token: admin, message: opening).status == 200)
            let invitation = try await room.send(
                "POST", "/v1/invitations", token: admin, message: WireInvitationRequest())
            #expect(invitation.status == 200)
            _ = try await room.send("GET", "/v1/checkpoint", token: admin)
            #expect(try Self.open(room.folder.path) == [])
            #expect(try Self.open(room.folder.heads) == [])
            try await room.stop()
            let files = FileManager.default
            let kept = [room.folder.key, room.folder.certificateKey]
            for name in try #require(files.subpaths(atPath: room.folder.path)) {
                let path = "\(room.folder.path)/\(name)"
                var isFolder: ObjCBool = false
                _ = files.fileExists(atPath: path, isDirectory: &isFolder)
                if !kept.contains(path) { chmod(path, isFolder.boolValue ? 0o755 : 0o644) }
            }
            chmod(room.folder.path, 0o755)
            try await room.start()
            #expect(try Self.open(room.folder.path) == [])
        }
    }

    @Test("A registration under a label that could be taken for an account or a key is refused")
    func labels() async throws {
        try await ServerRoom.with(settings: { $0.participation = .open }) { room in
            let key = try SigningKey.generate()
            let token = try await room.session(key)
            var request = WireRegistrationRequest()
            for label in ["issuance", "sponsor/acme", "escrow/1", "pool/1", key.publicKey.did, "a\u{202E}b"] {
                request.label = label
                let answer = try await room.send("POST", "/v1/participants", token: token, message: request)
                #expect(answer.status == 400 && answer.problem == "malformed_request", "\(label)")
            }
            request.label = "north gate"
            #expect(try await room.send("POST", "/v1/participants", token: token, message: request).status == 200)
        }
    }
}
