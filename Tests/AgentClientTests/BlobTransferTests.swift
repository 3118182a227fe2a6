import AgentClient
import Attestation
import Foundation
import Ledger
import TestSupport
import Testing
import Wire

@Suite("Blobs, chunk by chunk", .timeLimit(.minutes(10)))
struct BlobTransferTests {
    private let patience = Patience(trialCount: 5, sleep: { _ in })

    private func blob(_ byteCount: Int) -> [UInt8] {
        var state: UInt32 = 1
        return (0..<byteCount).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(truncatingIfNeeded: state >> 24)
        }
    }

    private func bytes(at path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

    @Test("A blob arrives whole, four chunks at once", arguments: [0, 1, 1 << 20, (1 << 20) + 1, (6 << 20) + 77])
    func download(byteCount: Int) async throws {
        let room = try AgentRoom()
        let folder = try TemporaryFolder()
        let bytes = blob(byteCount)
        let digest = await room.coordinator.add(blob: bytes)
        let download = BlobDownload(
            calls: room.coordinator, patience: patience, limit: BandwidthLimit(megabitsPerSecond: nil))
        let path = "\(folder.path)/model"
        #expect(try await download.fetch(digest, byteCount: UInt64(byteCount), to: path) == byteCount)
        #expect(try self.bytes(at: path) == bytes)
        #expect(folder.names == ["model"])
        #expect(await room.coordinator.mostChunksAtOnce <= AgentLimits.chunksInFlight)
        // The digest of a blob of one chunk is that chunk's hash: there is nothing to ask.
        #expect(await room.coordinator.count(of: "manifest") == ((1...1 << 20).contains(byteCount) ? 0 : 1))
    }

    @Test("After a lost link only the chunks that are missing or damaged are fetched")
    func resume() async throws {
        let room = try AgentRoom()
        let folder = try TemporaryFolder()
        let bytes = blob((7 << 20) + 5)
        let digest = await room.coordinator.add(blob: bytes)
        var partial = bytes
        partial[2 << 20] ^= 1
        partial.removeLast((2 << 20) + 5)
        let path = "\(folder.path)/model"
        _ = try folder.write(partial, to: "model.part")
        await room.coordinator.fail(
            "manifest", [.lostRequest(FakeCoordinator.broken), .lostAnswer(FakeCoordinator.broken)])
        let download = BlobDownload(
            calls: room.coordinator, patience: patience, limit: BandwidthLimit(megabitsPerSecond: nil))
        #expect(try await download.fetch(digest, byteCount: nil, to: path) == (3 << 20) + 5)
        #expect(await room.coordinator.count(of: "chunk") == 4)
        #expect(try self.bytes(at: path) == bytes)
    }

    @Test("A chunk with other bytes is fetched again, and given up after some times")
    func damage() async throws {
        let room = try AgentRoom()
        let folder = try TemporaryFolder()
        let digest = await room.coordinator.add(blob: blob(2 << 20))
        let download = BlobDownload(
            calls: room.coordinator, patience: patience, limit: BandwidthLimit(megabitsPerSecond: nil))
        let path = "\(folder.path)/model"
        await room.coordinator.damage(chunkAnswers: 10)
        await #expect(throws: AgentError(.wrongDigest, "")) {
            try await download.fetch(digest, byteCount: nil, to: path)
        }
        #expect(!folder.names.contains("model"))
        await room.coordinator.damage(chunkAnswers: 1)
        try await download.fetch(digest, byteCount: nil, to: path)
        #expect(folder.names.contains("model"))
    }

    @Test("A manifest whose hashes do not make up the blob is refused")
    func manifest() async throws {
        let room = try AgentRoom()
        let digest = await room.coordinator.add(blob: blob(3 << 20))
        var manifest = try await room.coordinator.manifest(of: digest)
        #expect(throws: AgentError(.unexpectedAnswer, "")) {
            try BlobOutline(manifest, of: digest, byteCount: 1)
        }
        manifest.chunkHashes.swapAt(0, 1)
        #expect(throws: AgentError(.wrongDigest, "")) { try BlobOutline(manifest, of: digest, byteCount: nil) }
        manifest.chunkHashes.removeLast()
        #expect(throws: AgentError(.unexpectedAnswer, "")) { try BlobOutline(manifest, of: digest, byteCount: nil) }
        manifest.byteCount = .max
        #expect(throws: AgentError(.unexpectedAnswer, "")) { try BlobOutline(manifest, of: digest, byteCount: nil) }
    }

    /// An update of four chunks in a file.
    private func stored(_ folder: TemporaryFolder) throws -> StoredUpdate {
        let bytes = blob((3 << 20) + 1)
        let path = try folder.write(bytes, to: "update")
        let outline = BlobOutline(
            byteCount: bytes.count, chunkHashes: bytes.withUnsafeBytes { BlobDigest.chunkHashes(of: $0, threads: 1) })
        let key = try Fixtures.key("participant")
        let statement = ContributionStatement(
            task: .zero, round: 1, participantKey: key.publicKey, baseModel: .zero, configuration: .zero,
            update: outline.digest, parameterCount: 1, sampleCount: 1, stepCount: 1,
            nonce: [UInt8](repeating: 0, count: 16), previousContribution: .zero, ledgerRootSeen: .zero)
        return StoredUpdate(path: path, outline: outline, request: WireContributionRequest(), statement: statement)
    }

    @Test("An update is sent whole although it is given its name while it is on its way")
    func renamedWhileSent() async throws {
        let room = try AgentRoom()
        let folder = try TemporaryFolder()
        let update = try stored(folder)
        let upload = BlobUpload(
            calls: room.coordinator, patience: patience, limit: BandwidthLimit(megabitsPerSecond: nil))
        let open = try upload.opened(update)
        #expect(rename(update.path, update.path + "-kept") == 0)
        try await upload.send(open)
        #expect(await room.coordinator.chunkCount(of: update.outline.digest) == 4)
        await #expect(throws: AgentError(.folderUnusable, "")) { try await upload.send(update) }
    }

    @Test("An upload that the coordinator forgot half-way is announced again")
    func forgottenUpload() async throws {
        let room = try AgentRoom()
        let folder = try TemporaryFolder()
        let update = try stored(folder)
        await room.coordinator.fail("putChunk", [.lostRequest(FakeCoordinator.problem(.conflict))])
        let upload = BlobUpload(
            calls: room.coordinator, patience: patience, limit: BandwidthLimit(megabitsPerSecond: nil))
        try await upload.send(update)
        #expect(await room.coordinator.chunkCount(of: update.outline.digest) == 4)
        #expect(await room.coordinator.count(of: "beginUpload") == 2)
        #expect(try await upload.send(update) == 0)
    }

    @Test("A bandwidth limit lets a second's worth go at once and makes the rest wait")
    func byteRate() {
        var rate = ByteRate(bytesPerSecond: 1_000)
        #expect(rate.take(600, nowNs: 5) == 0)
        #expect(rate.take(400, nowNs: 5) == 0)
        #expect(rate.take(500, nowNs: 5) == 500_000_000)
        #expect(rate.take(500, nowNs: 500_000_005) == 500_000_000)
        #expect(rate.take(1_000, nowNs: 60_000_000_000) == 0)
        #expect(rate.take(1, nowNs: 60_000_000_000) == 1_000_000)
        #expect(rate.take(0, nowNs: 0) == 1_000_000)
    }
}
