import Attestation
import Foundation
import Ledger
import TestSupport
import Testing

@Suite("The ledger in an SQLite file")
struct SQLiteLedgerStoreTests {
    @Test("The file is written with synchronous = FULL, as read back from SQLite")
    func durable() throws {
        let folder = try LedgerFolder()
        let store = try SQLiteLedgerStore(path: folder.path(), access: .create)
        #expect(try store.synchronousLevel() == 2)
        try store.close()
        let again = try SQLiteLedgerStore(path: folder.path(), access: .readWrite)
        #expect(try again.synchronousLevel() == 2)
    }

    @Test("A closed ledger is one file")
    func oneFile() throws {
        let folder = try LedgerFolder()
        let path = try folder.write(try HistoryWriter.everything())
        #expect(try folder.names == ["ledger.sqlite"])
        let store = try SQLiteLedgerStore(path: path, access: .readWrite)
        try store.appendCheckpoint([1], size: 1)
        try store.close()
        #expect(try folder.names == ["ledger.sqlite"])
    }

    @Test("Reading alone changes no byte, puts nothing beside the file, and needs no right to write")
    func readOnly() throws {
        let folder = try LedgerFolder()
        let history = try HistoryWriter.everything()
        let path = try folder.write(history)
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: path)
        let store = try SQLiteLedgerStore(path: path, access: .readOnly)
        #expect(Replay.run(store: store, threads: 2).fault == nil)
        #expect(try folder.names == ["ledger.sqlite"])
        #expect(throws: LedgerError(.readOnly, "")) { try store.append(history.entries, balances: []) }
        #expect(throws: LedgerError(.readOnly, "")) { try store.appendCheckpoint([1], size: 1) }
        try store.close()
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        #expect(try folder.names == ["ledger.sqlite"])
    }

    @Test("A crash between two batches loses neither what was committed nor the right to go on")
    func crash() throws {
        let folder = try LedgerFolder()
        let entries = try HistoryWriter.everything().entries
        do {
            let store = try SQLiteLedgerStore(path: folder.path(), access: .create)
            try store.append(Array(entries[..<10]), balances: [])
            // The files as they are on disk while the program runs: what a power cut would leave.
            for suffix in ["", "-wal"] {
                try FileManager.default.copyItem(atPath: folder.path() + suffix, toPath: folder.path("copy") + suffix)
            }
            try store.append(Array(entries[10..<12]), balances: [])
        }
        #expect(throws: LedgerError(.storeBusy, "")) {
            try SQLiteLedgerStore(path: folder.path("copy"), access: .readOnly)
        }
        for (name, count) in [("copy", 10), ("ledger.sqlite", 12)] {
            let store = try SQLiteLedgerStore(path: folder.path(name), access: .readWrite)
            #expect(store.count == UInt64(count))
            try store.append(Array(entries[count...]), balances: [])
            try store.close()
            let reader = try SQLiteLedgerStore(path: folder.path(name), access: .readOnly)
            #expect(try reader.entries(in: 0..<100).map(\.bytes) == entries.map(\.bytes))
        }
    }

    @Test("Two programs cannot write one ledger")
    func oneOwner() throws {
        let folder = try LedgerFolder()
        let store = try SQLiteLedgerStore(path: folder.path(), access: .create)
        try store.append([], balances: [])
        #expect(throws: LedgerError(.storeBusy, "")) { try SQLiteLedgerStore(path: folder.path(), access: .readWrite) }
        #expect(throws: LedgerError(.storeBusy, "")) { try SQLiteLedgerStore(path: folder.path(), access: .readOnly) }
        #expect(throws: LedgerError(.logExists, "")) { try SQLiteLedgerStore(path: folder.path(), access: .create) }
        try store.close()
        #expect(throws: LedgerError(.storeFailed, "")) { try store.append([], balances: []) }
    }

    private static let python = "/usr/bin/python3"

    @Test(
        "The triggers refuse to change, delete, replace or skip entries",
        .enabled(if: FileManager.default.isExecutableFile(atPath: python), "there is no Python to change the file with")
    )
    func triggers() throws {
        let folder = try LedgerFolder()
        let path = try folder.write(try HistoryWriter.everything())
        for statement in [
            "UPDATE entries SET bytes = x'00' WHERE sequence = 3",
            "DELETE FROM entries WHERE sequence = 3",
            "INSERT OR REPLACE INTO entries VALUES (3, x'00', x'00')",
            "INSERT INTO entries VALUES (5000, x'00', x'00')",
            "INSERT INTO entries VALUES (-1, x'00', x'00')",
        ] {
            let program = Process()
            program.executableURL = URL(fileURLWithPath: Self.python)
            program.arguments = [
                "-c", "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute(sys.argv[2])", path, statement,
            ]
            program.standardError = FileHandle.nullDevice
            try program.run()
            program.waitUntilExit()
            #expect(program.terminationStatus == 1, "\(statement)")
        }
    }

    @Test("Files that are no ledgers are refused: absent, empty, text, another database")
    func notALedger() throws {
        let folder = try LedgerFolder()
        for access in [SQLiteLedgerStore.Access.readWrite, .readOnly] {
            #expect(throws: LedgerError(.storeUnreadable, "")) {
                try SQLiteLedgerStore(path: folder.path("absent"), access: access)
            }
            for (name, bytes) in [
                ("empty", []), ("text", Array("hello".utf8)), ("zeros", [UInt8](repeating: 0, count: 8_192)),
            ] {
                try Data(bytes).write(to: folder.url.appendingPathComponent(name))
                #expect(throws: LedgerError(.storeUnreadable, "")) {
                    try SQLiteLedgerStore(path: folder.path(name), access: access)
                }
            }
            #expect(throws: LedgerError(.storeUnreadable, "")) {
                try SQLiteLedgerStore(path: folder.url.path, access: access)
            }
        }
        #expect(throws: LedgerError.self) { try SQLiteLedgerStore(path: "/nowhere/at/all", access: .create) }
        #expect(try folder.names == ["empty", "text", "zeros"])
    }

    @Test("A damaged or hostile file gives a typed error or a fault, or the history it had")
    func fuzz() throws {
        let folder = try LedgerFolder()
        var history = try HistoryWriter(participants: 1)
        let task = LedgerFixture.task()
        try history.open(task)
        let path = try folder.write(history, "seed")
        let seed = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        var mutator = Mutator(seed: 17, byteLimit: 1 << 20)
        let target = folder.path("mutated")
        for _ in 0..<Mutator.inputCount / 10 {
            try Data(mutator.mutate([seed])).write(to: URL(fileURLWithPath: target))
            do throws(LedgerError) {
                let store = try SQLiteLedgerStore(path: target, access: .readOnly)
                let report = Replay.run(store: store, threads: 1)
                _ = try? store.lastCheckpoint()
                if report.fault == nil, report.count == history.state.count {
                    #expect(report.state.head == history.state.head)
                }
                try store.close()
            } catch {
                #expect(!error.message.isEmpty)
            }
        }
    }
}
