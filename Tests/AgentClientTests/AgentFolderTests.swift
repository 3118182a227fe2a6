import AgentClient
import Attestation
import Federation
import Foundation
import Ledger
import Synchronization
import Tensors
import TestSupport
import Testing
import Training
import Wire

@Suite("The agent's folder")
struct AgentFolderTests {
    private static let crash = AgentError(.underlying, "the power goes")

    /// Counts steps, and ends the world before one of them.
    private final class Fuse: Sendable {
        private let left: Mutex<Int>

        init(_ count: Int) { left = Mutex(count) }

        var steps: FolderSteps {
            FolderSteps { (_) throws(AgentError) in
                let isOver = self.left.withLock { left in
                    left -= 1
                    return left < 0
                }
                if isOver { throw AgentFolderTests.crash }
            }
        }
    }

    private func contribution(
        value: Float
    ) throws -> (SharedParameterSet, ParameterBlob, BlobOutline, SignedContribution, ContributionStatement) {
        let blob = ParameterBlob(layout: try Fixtures.task().architecture.parameterLayout)
        let update = SharedParameterSet(
            ParameterSet(
                layout: blob.layout,
                values: ParameterBuffer([Float](repeating: value, count: blob.layout.count))))
        let hashes = blob.header.withUnsafeBytes { header in
            update.parameters.values.withUnsafeValues {
                BlobDigest.chunkHashes(ofParts: [header, UnsafeRawBufferPointer($0)], threads: 1)
            }
        }
        let outline = BlobOutline(byteCount: blob.byteCount, chunkHashes: hashes)
        let key = try Fixtures.key("participant")
        let statement = ContributionStatement(
            task: SHA256.hash([1]), round: 2, participantKey: key.publicKey, baseModel: .zero,
            configuration: SHA256.hash([1]), update: outline.digest, parameterCount: UInt64(blob.layout.count),
            sampleCount: 10, stepCount: 1, nonce: [UInt8](repeating: 0, count: 16), previousContribution: .zero,
            ledgerRootSeen: .zero)
        return (update, blob, outline, try statement.signed(by: key), statement)
    }

    @Test("Other users of the machine are kept out, and out of what was left open before")
    func modes() throws {
        let home = try TemporaryFolder()
        let folder = AgentFolder(path: "\(home.path)/agent")
        var lock: AgentLock? = try folder.open()
        _ = try folder.keyMadeIfMissing()
        try folder.write(text: "a: b\n", to: folder.consentPath)
        try folder.write(receipt: [1], sequence: 3)
        let files = FileManager.default
        let paths = [folder.path] + (try #require(files.subpaths(atPath: folder.path)).map { "\(folder.path)/\($0)" })
        func open() throws -> [String] {
            try paths.filter {
                try #require(try files.attributesOfItem(atPath: $0)[.posixPermissions] as? Int) & 0o077 != 0
            }
        }
        #expect(try open() == [])
        for path in paths {
            var isFolder: ObjCBool = false
            _ = files.fileExists(atPath: path, isDirectory: &isFolder)
            chmod(path, isFolder.boolValue ? 0o755 : 0o644)
        }
        lock = nil
        lock = try folder.open()
        #expect(try open() == [])
        withExtendedLifetime(lock) {}
    }

    @Test("A command to paste names the folder where it is another than the usual one, as one word of a shell")
    func commands() {
        let usual = AgentFolder(path: AgentFolder.defaultPath(environment: ProcessInfo.processInfo.environment))
        #expect(usual.command("run") == "tributary agent run")
        #expect(AgentFolder(path: "/srv/a-1").command("run") == "tributary agent run --home /srv/a-1")
        #expect(AgentFolder(path: "/srv/it's a").command("run") == "tributary agent run --home '/srv/it'\\''s a'")
    }

    @Test("A folder without a consent file consents to nothing, and says how to get one")
    func consentMissing() throws {
        let temporary = try TemporaryFolder()
        let folder = AgentFolder(path: temporary.path)
        #expect { try folder.consent() } throws: { error in
            error as? AgentError == AgentError(.consentMissing, "") && "\(error)".contains(folder.consentPath)
                && "\(error)".contains("tributary agent join \"$(cat \(folder.joinPath))\" --home \(folder.path)`")
        }
        let consent = Consent(schema: Consent.Schema(features: 6, classes: 3))
        try folder.write(text: consent.text, to: folder.consentPath)
        #expect(try folder.consent() == consent)
    }

    @Test("A crash before any step of storing an update leaves nothing to send, or everything")
    func storedUpdateAtEveryStep() throws {
        let (update, blob, outline, signed, statement) = try contribution(value: 0.5)
        var completedAt: Int?
        for steps in 0..<40 {
            let temporary = try TemporaryFolder()
            let path = "\(temporary.path)/agent"
            do {
                let lock = try AgentFolder(path: path).open()
                defer { withExtendedLifetime(lock) {} }
                let folder = AgentFolder(path: path, steps: Fuse(steps).steps)
                try folder.keep(folder.draft(update, blob: blob, outline: outline, signed, statement))
                completedAt = steps
            } catch {
                #expect(error == Self.crash)
            }
            let folder = AgentFolder(path: path)
            let lock = try folder.open()
            defer { withExtendedLifetime(lock) {} }
            if let found = try folder.storedUpdate(task: statement.task, round: 2) {
                #expect([UInt8](found.request.statement) == signed.statementBytes)
                #expect(found.outline == outline)
            } else {
                #expect(completedAt == nil)
            }
            // Whatever was left, the round can be stored now.
            let stored = try folder.keep(folder.draft(update, blob: blob, outline: outline, signed, statement))
            #expect(stored.digest == signed.digest)
            #expect(try folder.storedUpdate(task: statement.task, round: 2)?.digest == signed.digest)
            if completedAt != nil { break }
        }
        #expect(completedAt.map { $0 >= 9 } == true)
    }

    @Test("A crash before any step of writing a file leaves the old file or the new one")
    func replacementAtEveryStep() throws {
        var isComplete = false
        let written = try Fixtures.join()
        for steps in 0..<20 where !isComplete {
            let temporary = try TemporaryFolder()
            let path = "\(temporary.path)/agent"
            _ = try AgentFolder(path: path).open()
            let folder = AgentFolder(path: path)
            let key = try folder.keyMadeIfMissing()
            try folder.write(text: "old", to: folder.consentPath)
            let broken = AgentFolder(path: path, steps: Fuse(steps).steps)
            do {
                try broken.write(text: "new", to: broken.consentPath)
                try broken.write(joinString: written)
                isComplete = true
            } catch {
                #expect(error == Self.crash)
            }
            let lock = try folder.open()
            defer { withExtendedLifetime(lock) {} }
            let text = try folder.text(at: folder.consentPath)
            #expect(text == "old" || text == "new")
            let join = try folder.joinString()
            #expect(join == nil || join == written)
            #expect(try folder.key()?.publicKey == key.publicKey)
            #expect(temporary.names == ["agent"])
        }
        #expect(isComplete)
    }

    @Test("A second agent on the same folder is refused, and the first one's end lets the next one in")
    func lock() throws {
        let temporary = try TemporaryFolder()
        let folder = AgentFolder(path: "\(temporary.path)/a/b/agent")
        var lock: AgentLock? = try folder.open()
        #expect(folder.isBusy)
        #expect(throws: AgentError(.folderBusy, "")) { try folder.open() }
        withExtendedLifetime(lock) {}
        lock = nil
        #expect(!folder.isBusy)
        _ = try folder.open()
    }

    @Test("A key that is damaged is named, not replaced")
    func damagedKey() throws {
        let temporary = try TemporaryFolder()
        let folder = AgentFolder(path: temporary.path)
        let key = try folder.keyMadeIfMissing()
        #expect(try folder.keyMadeIfMissing().publicKey == key.publicKey)
        _ = try temporary.write(Array("abc".utf8), to: "key")
        #expect(throws: AgentError(.folderDamaged, "")) { try folder.keyMadeIfMissing() }
        // In a folder that has joined, a new key would be another participant.
        try FileManager.default.removeItem(atPath: folder.keyPath)
        #expect(throws: AgentError(.notJoined, "")) { try folder.joined() }
        try folder.write(joinString: try Fixtures.join())
        let error = #expect(throws: AgentError(.folderDamaged, "")) { try folder.keyMadeIfMissing() }
        #expect(error?.message.contains("is missing") == true)
        #expect(throws: AgentError(.folderDamaged, "")) { try folder.joined() }
        #expect(!FileManager.default.fileExists(atPath: folder.keyPath))
    }

    @Test("An update whose file is damaged on disk counts as never made")
    func damagedUpdate() throws {
        let temporary = try TemporaryFolder()
        let folder = AgentFolder(path: temporary.path)
        let lock = try folder.open()
        defer { withExtendedLifetime(lock) {} }
        let (update, blob, outline, signed, statement) = try contribution(value: 0.25)
        let stored = try folder.keep(folder.draft(update, blob: blob, outline: outline, signed, statement))
        _ = try temporary.write([1, 2, 3], to: "updates/\(stored.path.split(separator: "/").last ?? "")")
        #expect(try folder.storedUpdate(task: statement.task, round: 2) == nil)
        try folder.removeUpdates(task: statement.task, before: 3)
        #expect(try folder.storedRounds().isEmpty)
    }

    @Test("Notes that a power cut emptied are empty notes")
    func damagedState() throws {
        let temporary = try TemporaryFolder()
        let folder = AgentFolder(path: temporary.path)
        var state = AgentState()
        state.participant = 4
        state.lastAccepted = "ab"
        try folder.write(state: state)
        #expect(folder.state() == state)
        _ = try temporary.write([], to: "state.json")
        #expect(folder.state() == AgentState())
    }
}
