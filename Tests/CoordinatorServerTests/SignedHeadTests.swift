import Attestation
import CoordinatorServer
import Foundation
import Ledger
import Logging
import TestSupport
import Testing

@Suite("The newest signed head is kept apart from the ledger")
struct SignedHeadTests {
    private static func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    /// Where the head of a folder's log is kept.
    private static func head(_ folder: CoordinatorFolder) throws -> String {
        let name = try #require(folder.readKey().publicKey.did.split(separator: ":").last)
        return "\(folder.heads)/\(name)"
    }

    private static func entryCount(_ folder: CoordinatorFolder) throws -> UInt64 {
        let store = try SQLiteLedgerStore(path: folder.ledger, access: .readOnly)
        defer { try? store.close() }
        return store.count
    }

    private static func service(_ folder: CoordinatorFolder) throws -> CoordinatorService {
        try CoordinatorService(
            .init(folder: folder), loader: SmallLoader(), level: LogLevelBox(.critical),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private static func copy(_ from: String, to: String) throws {
        try? FileManager.default.removeItem(atPath: to)
        try FileManager.default.copyItem(atPath: from, toPath: to)
    }

    @Test("While a coordinator runs, each head that it gives out is on the disk: in its store, and beside the ledger")
    func whileRunning() async throws {
        try await ServerRoom.with(settings: { $0.participation = .open }) { room in
            for _ in 0..<2 {
                _ = try await room.participant()
                let answer = try await room.send("GET", "/v1/checkpoint", token: room.operatorSession())
                let given = String(decoding: answer.bytes, as: UTF8.self)
                #expect(try Self.text(Self.head(room.folder)) == given)
                #expect(try Self.text(room.folder.checkpoint) == given)
            }
        }
    }

    @Test("Where nobody asks for a head, what was written is signed all the same, within seconds")
    func unasked() async throws {
        try await ServerRoom.with(settings: { $0.participation = .open }) { room in
            let before = try Self.text(Self.head(room.folder))
            _ = try await room.participant()
            try await room.eventually { try Self.text(Self.head(room.folder)) != before }
        }
    }

    @Test(
        "Yesterday's ledger in today's folder is refused, with what to do, by whichever of the two heads is left",
        arguments: [true, false])
    func restoredLedger(keepsCheckpointFile: Bool) async throws {
        try await ServerRoom.with(settings: { $0.participation = .open }) { room in
            let folder = room.folder
            _ = try await room.participant()
            try await room.stop()
            let count = try Self.entryCount(folder)
            try Self.copy(folder.ledger, to: folder.path + ".yesterday")
            try await room.start()
            _ = try await room.participant()
            try await room.stop()
            try Self.copy(folder.path + ".yesterday", to: folder.ledger)
            try FileManager.default.removeItem(atPath: keepsCheckpointFile ? folder.heads : folder.checkpoint)
            let place = keepsCheckpointFile ? folder.checkpoint : try Self.head(folder)
            let error = await #expect(throws: CoordinatorServerError(.staleLedger, "")) { try await room.start() }
            #expect(error?.message.contains("the log has \(count) entries") == true)
            #expect(error?.message.contains(place) == true)
            #expect(error?.hint?.contains("put the newest copy back") == true)
            #expect(try Self.entryCount(folder) == count, "nothing was appended")
        }
    }

    @Test("A copy of the folder runs neither beside the original nor after the original went on")
    func copiedFolder() async throws {
        try await ServerRoom.with(settings: { $0.participation = .open }) { room in
            let copy = CoordinatorFolder(path: room.folder.path + ".copy", heads: room.folder.heads)
            try Self.copy(room.folder.path, to: copy.path)
            let error = #expect(throws: CoordinatorServerError(.locked, "")) { try Self.service(copy) }
            #expect(error?.message.contains("another process signs") == true)
            _ = try await room.participant()
            try await room.stop()
            #expect(throws: CoordinatorServerError(.staleLedger, "")) { try Self.service(copy) }
            try await room.start()
        }
    }

    @Test("Where the lock was removed and another process took it, the first gives out no further head")
    func removedLock() async throws {
        try await ServerRoom.with { room in
            try await room.stop()
            let key = try room.folder.readKey().publicKey
            let first = try SignedHeadFile(folder: room.folder, key: key)
            #expect(throws: CoordinatorServerError(.locked, "")) { try SignedHeadFile(folder: room.folder, key: key) }
            let last = try first.last()
            #expect(last != nil)
            unlink(first.path + ".lock")
            #expect(throws: LedgerError(.headMoved, "")) { try first.swap(last, for: [1]) }
            let second = try SignedHeadFile(folder: room.folder, key: key)
            #expect(throws: LedgerError(.headMoved, "")) { try first.swap(last, for: [1]) }
            try second.swap(last, for: [2])
            #expect(throws: LedgerError(.headMoved, "")) { try second.swap(last, for: [3]) }
            #expect(try second.last() == [2])
            // The coordinator is not started over a head that is none.
            second.release()
            #expect(throws: CoordinatorServerError(.staleLedger, "")) { try Self.service(room.folder) }
        }
    }

    @Test("Where the heads cannot be kept the coordinator does not start, and the message names the way out")
    func noPlaceForHeads() async throws {
        try await ServerRoom.with { room in
            try await room.stop()
            try FileManager.default.removeItem(atPath: room.folder.heads)
            try Data().write(to: URL(fileURLWithPath: room.folder.heads))
            let folder = CoordinatorFolder(path: room.folder.path, heads: room.folder.heads + "/below")
            let error = #expect(throws: CoordinatorServerError(.fileSystem, "")) { try Self.service(folder) }
            #expect(error?.hint?.contains("XDG_STATE_HOME") == true)
        }
    }
}
