import Attestation
import Coordination
import CoordinatorServer
import Federation
import Foundation
import Ledger
import NIOHTTP1
import SwiftProtobuf
import Tensors
import TestSupport
import Testing
import Training
import Wire

@Suite("Nothing of an open round leaves the coordinator, except to its sender")
struct DisclosureTests {
    /// A task that pays by value, so that its scores are withheld.
    private static let text = SmallTask.text(reward: "{ score: value, pool: \"20\", unproved_pay: accepted }")

    private struct Scene {
        let room: ServerRoom
        let task: Digest
        let first: Hand
        let second: Hand
        /// The first participant's contribution to round 1, which stays open for the second's.
        let sequence: UInt64
        let update: SmallTask.Update
        let secondOrder: WireTrainingOrder
    }

    /// Two participants and a task; the first has contributed to the open round 1.
    private func with(
        settings: (inout CoordinatorSettings) -> Void = { _ in }, _ body: (Scene) async throws -> Void
    ) async throws {
        try await ServerRoom.with(settings: {
            $0.participation = .open
            settings(&$0)
        }) { room in
            let first = try await room.hand("first-label")
            let second = try await room.hand("second-label")
            let task = try Digest(bytes: try await room.open(Self.text).task)
            let order = try await first.work().train
            let sent = try await first.contribute(order, Self.text, value: 0.25)
            let secondOrder = try await second.work().train
            try await body(
                Scene(
                    room: room, task: task, first: first, second: second, sequence: sent.reply.sequence,
                    update: sent.update, secondOrder: secondOrder))
        }
    }

    /// Ends the open round.
    private func seal(_ scene: Scene) async throws {
        try await scene.second.contribute(scene.secondOrder, Self.text, value: 0.125)
        #expect(try await scene.first.work(waitMs: 20_000).train.round == 2)
    }

    private func close(_ scene: Scene) async throws {
        let admin = try await scene.room.operatorSession()
        let path = "/v1/tasks/\(scene.task.hex)/close"
        #expect(try await scene.room.send("POST", path, token: admin).status == 204)
        try await scene.room.eventually {
            let list = try WireTaskList(serializedBytes: try await scene.room.get("/v1/tasks", admin).bytes)
            return list.tasks.first?.stage == "closed"
        }
    }

    @Test("Stolen by its digest: a thief who knows an update's digest and chunk hashes alone once had it accepted")
    func stolenByDigest() async throws {
        try await with { scene in
            let thief = scene.second
            let wanted = try await thief.announce(scene.secondOrder, scene.update)
            #expect(wanted.map(\.count) == [1], "the bytes are asked for although they are there")
            // What the thief can state: its own key cannot be hashed with bytes that it does not have.
            let theirs = ContributionStatement.possession(of: scene.update.bytes, by: scene.first.key.publicKey)
            for guess in [theirs, Digest.zero] {
                let claim = try thief.statement(scene.secondOrder, Self.text, scene.update, possession: guess)
                let answer = try await thief.contribute(claim)
                #expect(answer.status == 409 && answer.problem == "conflict", "as for a digest that nobody has sent")
            }
            let unknown = try SmallTask.update(Self.text, value: 0.5)
            _ = try await thief.announce(scene.secondOrder, unknown)
            let other = try await thief.contribute(try thief.statement(scene.secondOrder, Self.text, unknown))
            let claim = try thief.statement(scene.secondOrder, Self.text, scene.update, possession: .zero)
            #expect(try await thief.contribute(claim).bytes == other.bytes)
        }
    }

    @Test("Copied bytes: who has somebody else's update in full may not claim it either")
    func copied() async throws {
        try await with { scene in
            let thief = scene.second
            func upload(_ update: SmallTask.Update) async throws {
                let path = "/v1/updates/\(update.digest.hex)/chunks/0"
                _ = try await thief.announce(scene.secondOrder, update)
                #expect(try await scene.room.send("PUT", path, token: thief.token, update.bytes).status == 204)
            }
            let own = try SmallTask.update(Self.text, value: 0.5)
            try await upload(own)
            let theirs = ContributionStatement.possession(of: own.bytes, by: scene.first.key.publicKey)
            let borrowed = try thief.statement(scene.secondOrder, Self.text, own, possession: theirs)
            let wrong = try WireContributionReply(serializedBytes: try await thief.contribute(borrowed).bytes)
            #expect(!wrong.accepted && wrong.reason == "digest-mismatch", "\(wrong.reason)")
            try await upload(scene.update)
            let copy = try thief.statement(scene.secondOrder, Self.text, scene.update)
            let refused = try WireContributionReply(serializedBytes: try await thief.contribute(copy).bytes)
            #expect(!refused.accepted && refused.reason == "copied", "\(refused.reason)")
        }
    }

    @Test("Read by a stranger during the round: any key with an auditor's session once read everybody's raw updates")
    func readByStranger() async throws {
        let listed = try SigningKey.generate()
        try await with(settings: { $0.auditors = [listed.publicKey] }) { scene in
            let room = scene.room
            let stranger = try await room.session(SigningKey.generate(), .auditor)
            let auditor = try await room.session(listed, .auditor)
            let admin = try await room.operatorSession()
            let blob = "/v1/blobs/\(scene.update.digest.hex)"
            let missing = "/v1/blobs/\(EndpointTests.digest)"
            for token in [stranger, auditor, admin, scene.second.token, scene.first.token] {
                for path in [blob, "\(blob)/chunks/0"] { #expect(try await room.get(path, token).status == 404) }
                let hidden = try WireProblem(serializedBytes: try await room.get(blob, token).bytes).message
                let absent = try WireProblem(serializedBytes: try await room.get(missing, token).bytes).message
                let same = hidden.replacing(scene.update.digest.hex, with: EndpointTests.digest)
                #expect(same == absent, "nobody learns that it is here")
            }
            try await seal(scene)
            #expect(try await room.get(blob, auditor).status == 404, "the round is sealed, the task is open")
            try await close(scene)
            for token in [auditor, admin] {
                let answer = try await room.get("\(blob)/chunks/0", token)
                #expect(answer.status == 200 && answer.bytes == scene.update.bytes)
                #expect(answer.headers.first(name: "Cache-Control")?.hasPrefix("private") == true)
            }
            for token in [stranger, scene.second.token] { #expect(try await room.get(blob, token).status == 404) }
        }
    }

    @Test("Models are for participants and the operator at once, for others after the close")
    func models() async throws {
        let sponsor = try SigningKey.generate()
        try await with(settings: { $0.sponsors = [sponsor.publicKey] }) { scene in
            let room = scene.room
            let blob = "/v1/blobs/\(try Digest(bytes: scene.secondOrder.baseModel).hex)"
            let unregistered = try await room.session(SigningKey.generate())
            let others = [
                try await room.session(SigningKey.generate(), .auditor), try await room.session(sponsor, .sponsor),
                unregistered,
            ]
            for token in others { #expect(try await room.get(blob, token).status == 404) }
            for token in [scene.first.token, try await room.operatorSession()] {
                #expect(try await room.get(blob, token).status == 200)
            }
            try await close(scene)
            for token in others { #expect(try await room.get("\(blob)/chunks/0", token).status == 200) }
        }
    }

    @Test("The receipt of somebody else's contribution is given out when its round is sealed, not before")
    func receipts() async throws {
        try await with { scene in
            let room = scene.room
            let path = "/v1/receipts/\(scene.sequence)"
            let auditor = try await room.session(SigningKey.generate(), .auditor)
            for token in [scene.second.token, auditor] {
                let hidden = try await room.get(path, token)
                let absent = try await room.get("/v1/receipts/99999", token)
                #expect(hidden.status == 404 && absent.status == 404)
                let words = try [hidden, absent].map { try WireProblem(serializedBytes: $0.bytes).message }
                #expect(
                    words[0].replacing("\(scene.sequence)", with: "N") == words[1].replacing("99999", with: "N"))
            }
            for token in [scene.first.token, try await room.operatorSession()] {
                #expect(try await room.get(path, token).status == 200)
            }
            try await seal(scene)
            for token in [scene.second.token, auditor] { #expect(try await room.get(path, token).status == 200) }
        }
    }

    private static func isScores(_ entry: Entry) -> Bool {
        if case .scores = entry.body { true } else { false }
    }

    @Test("Entries of an open round are not on the pages of the ledger, and the size that is told ends before them")
    func entries() async throws {
        try await with { scene in
            let room = scene.room
            let auditor = try await room.session(SigningKey.generate(), .auditor)
            let before = try await room.entries(auditor)
            #expect(before.size == UInt64(before.entries.count) && before.size <= scene.sequence)
            func head(_ token: String) async throws -> Checkpoint {
                let note = try SignedNote(parsing: try await room.get("/v1/checkpoint", token).bytes)
                return try Checkpoint(text: note.text)
            }
            let seen = try await head(auditor)
            #expect(seen.size == before.size && seen.root == before.root, "what is read can be checked")
            #expect(try await head(try await room.operatorSession()).size > before.size)
            #expect(before.entries.last.map { if case .roundOpened = $0.body { true } else { false } } == true)
            let rest = try WireEntryPage(
                serializedBytes: try await room.get("/v1/ledger/entries?from=\(before.size)&count=9", auditor).bytes)
            #expect(rest.entries.isEmpty && rest.ledgerSize == before.size)
            try await seal(scene)
            let after = try await room.entries(auditor)
            let senders = after.entries.compactMap { entry -> PublicKey? in
                guard case .contributionAccepted(let accepted) = entry.body else { return nil }
                return accepted.statement.participantKey
            }
            #expect(Set(senders) == [scene.first.key.publicKey, scene.second.key.publicKey])
            let sealed = after.entries.compactMap { entry -> RoundSealed? in
                guard case .roundSealed(let sealed) = entry.body else { return nil }
                return sealed
            }
            #expect(sealed.first?.scoreCommitment != nil)
            #expect(!after.entries.contains(where: Self.isScores), "not before the close")
            try await close(scene)
            let closed = try await room.entries(auditor).entries
            #expect(closed.contains(where: Self.isScores))
        }
    }

    @Test("The reason to wait, and the list of tasks, name nobody and count nobody, except for the operator")
    func idleReason() async throws {
        try await with { scene in
            let room = scene.room
            let idle = try await scene.first.work(waitMs: 0).idle
            #expect(idle.reason.hasPrefix("small: round 1 is open until ") && idle.reason.hasSuffix(" UTC"))
            func task(_ token: String) async throws -> WireTaskSummary {
                let list = try WireTaskList(serializedBytes: try await room.get("/v1/tasks", token).bytes)
                return try #require(list.tasks.first)
            }
            let auditor = try await room.session(SigningKey.generate(), .auditor)
            for token in [scene.first.token, scene.second.token, auditor] {
                let seen = try await task(token)
                #expect(seen.accepted == 0 && seen.stage == "collecting" && seen.invited == 2)
                #expect(seen.waitingFor.hasPrefix("round 1 is open until ") && !seen.waitingFor.contains("label"))
            }
            let own = try await task(try await room.operatorSession())
            #expect(own.accepted == 1 && own.waitingFor.contains("second-label"), "\(own.waitingFor)")
            #expect(own.trust == "known" && own.score == "value")
            #expect(own.pool == 20_000_000 && own.funded == 20_000_000)
            try await close(scene)
            #expect(try await task(auditor).funded == 0)
        }
    }

    @Test("Private records are on the disk and nowhere else: no path of the port leads there")
    func records() async throws {
        try await with { scene in
            try await seal(scene)
            let folder = "\(scene.room.folder.task(scene.task))/private"
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(names.contains("secret") && names.contains("scores-000001"))
            let admin = try await scene.room.operatorSession()
            for name in names {
                let bytes = [UInt8](try #require(FileManager.default.contents(atPath: "\(folder)/\(name)")))
                for digest in [SHA256.hash(bytes), BlobDigest.digest(of: bytes)] {
                    #expect(try await scene.room.get("/v1/blobs/\(digest.hex)", admin).status == 404)
                }
            }
        }
    }
}
