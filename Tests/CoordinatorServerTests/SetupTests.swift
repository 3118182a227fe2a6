import Attestation
import CoordinatorServer
import Foundation
import Ledger
import Logging
import TestSupport
import Testing

@Suite("A coordinator is made once, and made whole")
struct SetupTests {
    private let home: TemporaryFolder
    private let folder: CoordinatorFolder
    private let nowMs = CoordinatorService.systemMs()

    init() throws {
        home = try TemporaryFolder()
        folder = CoordinatorFolder(path: "\(home.path)/c", heads: "\(home.path)/heads")
    }

    @discardableResult
    private func make(
        _ folder: CoordinatorFolder? = nil, origin: String = "test.example/log",
        money change: (inout CoordinatorSetup.Money) throws -> Void = { _ in }
    ) throws -> CoordinatorSetup.Outcome {
        var money = CoordinatorSetup.Money()
        try change(&money)
        return try CoordinatorSetup.make(
            folder ?? self.folder,
            CoordinatorFolder.Plan(
                settings: CoordinatorSettings(origin: origin, port: 0), nowSeconds: Int64(nowMs / 1_000)),
            money: money, nowMs: nowMs)
    }

    private func start(_ folder: CoordinatorFolder) throws {
        _ = try CoordinatorService(
            .init(folder: folder), loader: SmallLoader(), level: LogLevelBox(.critical),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Expects that a folder has all that a coordinator starts with.
    private func check(_ folder: CoordinatorFolder) throws {
        _ = try folder.readSettings()
        _ = try folder.readCertificate(nowSeconds: Int64(nowMs / 1_000))
        let store = try SQLiteLedgerStore(path: folder.ledger, access: .readOnly)
        defer { try? store.close() }
        let signer = try NoteSigner(name: folder.readSettings().origin, key: folder.readKey())
        #expect(try Journal.open(store: store, signer: signer).count > 0)
        #expect(try store.lastCheckpoint() != nil)
    }

    @Test("Money that the rules refuse is refused before anything is made")
    func refusedMoney() throws {
        #expect(throws: LedgerError(.badGenesis, "")) {
            try make { money in
                money.cap = 5
                money.grants = [Genesis.Grant(account: try AccountName("sponsor/acme"), amount: 10)]
            }
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path))
        #expect(try make() == .made)
    }

    @Test(
        "What an init that did not come to its end left behind is cleared by the next",
        arguments: ["folder", "certificate", "key", "empty ledger", "ledger without entries", "settings"])
    func halfMade(last step: String) throws {
        let other = CoordinatorFolder(path: "\(home.path)/other", heads: "\(home.path)/other-heads")
        try make(other)
        let files = FileManager.default
        let steps = ["folder", "certificate", "key", "empty ledger", "ledger without entries", "settings"]
        let done = try #require(steps.firstIndex(of: step))
        try files.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        if done >= 1 { try files.copyItem(atPath: "\(other.path)/tls", toPath: "\(folder.path)/tls") }
        if done >= 2 { try files.copyItem(atPath: other.key, toPath: folder.key) }
        if step == "empty ledger" { try Data().write(to: URL(fileURLWithPath: folder.ledger)) }
        if done >= 4 { try SQLiteLedgerStore(path: folder.ledger, access: .create).close() }
        if done >= 5 { try files.copyItem(atPath: other.settings, toPath: folder.settings) }
        #expect(try make() == .made)
        try check(folder)
        #expect(throws: CoordinatorServerError(.exists, "")) { try make() }
    }

    @Test("A key and a ledger that were restored without coordinator.yaml are taken up, as they are")
    func restored() throws {
        try make(origin: "first.example/log")
        let backup = CoordinatorFolder(path: "\(home.path)/backup", heads: folder.heads)
        let files = FileManager.default
        try files.createDirectory(atPath: backup.path, withIntermediateDirectories: true)
        for (from, to) in [(folder.ledger, backup.ledger), (folder.key, backup.key), (folder.tasks, backup.tasks)] {
            try files.copyItem(atPath: from, toPath: to)
        }
        let missing = #expect(throws: CoordinatorServerError(.notACoordinator, "")) { try start(backup) }
        #expect(missing?.message.contains("no coordinator.yaml") == true)
        #expect(missing?.hint?.contains("coordinator init --home \(backup.path)") == true)
        #expect(throws: CoordinatorServerError(.exists, "")) {
            try make(backup) { $0.grants = [Genesis.Grant(account: try AccountName("sponsor/acme"), amount: 1)] }
        }
        #expect(try make(backup, origin: "second.example/log") == .takenUp)
        #expect(try backup.readSettings().origin == "first.example/log")
        #expect(try backup.readKey().publicKey == folder.readKey().publicKey)
        try check(backup)
        // Another log's key is no substitute.
        let other = CoordinatorFolder(path: "\(home.path)/other", heads: folder.heads)
        try make(other)
        try files.removeItem(atPath: backup.settings)
        try files.removeItem(atPath: backup.key)
        try files.copyItem(atPath: other.key, toPath: backup.key)
        #expect(throws: CoordinatorServerError(.badKey, "")) { try make(backup) }
    }

    @Test("A key that has signed a ledger begins no second one where the ledger is missing")
    func missingLedger() throws {
        try make()
        let key = try folder.readKey().publicKey
        let files = FileManager.default
        try files.removeItem(atPath: folder.ledger)
        let error = #expect(throws: CoordinatorServerError(.staleLedger, "")) { try make() }
        #expect(error?.hint?.contains("restore ledger.sqlite") == true)
        try files.removeItem(atPath: folder.settings)
        #expect(throws: CoordinatorServerError(.staleLedger, "")) { try make() }
        #expect(try folder.readKey().publicKey == key)
    }

    @Test("Settings alone are no remains of ours: they are left alone, and the message says what is missing")
    func settingsAlone() throws {
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        try Data("origin: a/b\n".utf8).write(to: URL(fileURLWithPath: folder.settings))
        let error = #expect(throws: CoordinatorServerError(.exists, "")) { try make() }
        #expect(error?.message.contains("neither key nor ledger") == true)
        #expect(FileManager.default.fileExists(atPath: folder.settings))
    }
}
