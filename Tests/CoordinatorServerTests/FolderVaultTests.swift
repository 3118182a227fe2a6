import Attestation
import Coordination
import CoordinatorServer
import Federation
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Folder vault")
struct FolderVaultTests {
    private let home: TemporaryFolder
    private let task = SHA256.hash([1])
    private let key: PublicKey

    init() throws {
        home = try TemporaryFolder()
        key = try SigningKey.generate().publicKey
    }

    private func vault(
        retention: CoordinatorSettings.Retention = .all, budget: UInt64? = nil
    ) throws -> FolderVault { try FolderVault(root: home.path, retention: retention, budget: budget, threads: 2) }

    private func blob(_ seed: UInt8, byteCount: Int = 2_500_000) -> [UInt8] {
        (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ ($0 >> 8)) ^ seed }
    }

    private func plan(_ bytes: [UInt8], round: UInt32 = 1, key other: PublicKey? = nil) -> UploadPlan {
        let hashes = bytes.withUnsafeBytes { BlobDigest.chunkHashes(of: $0, threads: 1) }
        return UploadPlan(
            task: task, round: round, digest: BlobDigest.digest(ofChunkHashes: hashes), byteCount: bytes.count,
            chunkHashes: hashes, participant: other ?? key)
    }

    private func put(_ index: Int, _ bytes: [UInt8], _ plan: UploadPlan, _ vault: FolderVault) throws {
        let size = BlobDigest.chunkByteCount
        let chunk = Array(bytes[index * size..<min((index + 1) * size, bytes.count)])
        try chunk.withUnsafeBytes { try vault.putChunk(index, of: plan.digest, by: plan.participant, $0) }
    }

    private func read(_ file: any BlobReading) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: file.byteCount)
        try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
        return bytes
    }

    @Test("Chunks arrive in any order, each checked; the finished upload is an update")
    func upload() throws {
        let vault = try vault()
        let bytes = blob(0)
        let plan = plan(bytes)
        #expect(try vault.beginUpload(plan) == [0..<3])
        try put(2, bytes, plan, vault)
        try put(0, bytes, plan, vault)
        #expect(try vault.beginUpload(plan) == [1..<2])
        #expect(!vault.hasUpload(task: task, round: 1, digest: plan.digest))
        #expect(throws: CoordinationError(.conflict, "")) {
            try vault.finishUpload(task: task, round: 1, digest: plan.digest)
        }
        #expect(throws: CoordinationError(.wrongDigest, "")) {
            try blob(1, byteCount: 1 << 20).withUnsafeBytes { try vault.putChunk(1, of: plan.digest, by: key, $0) }
        }
        #expect(throws: CoordinationError(.notFound, "")) {
            try [UInt8(1)].withUnsafeBytes { try vault.putChunk(3, of: plan.digest, by: key, $0) }
        }
        try put(1, bytes, plan, vault)
        #expect(vault.hasUpload(task: task, round: 1, digest: plan.digest))
        try vault.finishUpload(task: task, round: 1, digest: plan.digest)
        try vault.finishUpload(task: task, round: 1, digest: plan.digest)
        try put(1, bytes, plan, vault)
        #expect(try read(vault.update(task: task, round: 1, digest: plan.digest)) == bytes)
        #expect(try vault.beginUpload(plan).isEmpty)
        #expect(try self.vault().beginUpload(plan).isEmpty, "after a restart")
    }

    @Test("After a restart what is there is hashed: what a crash damaged is asked for again")
    func resume() throws {
        let bytes = blob(2)
        let plan = plan(bytes)
        let first = try vault()
        _ = try first.beginUpload(plan)
        for index in 0..<3 { try put(index, bytes, plan, first) }
        let uploads = "\(home.path)/\(task.hex)/uploads"
        let part = try #require(try FileManager.default.contentsOfDirectory(atPath: uploads).first)
        let file = try #require(FileHandle(forUpdatingAtPath: "\(uploads)/\(part)"))
        try file.seek(toOffset: 1_500_000)
        try file.write(contentsOf: [0, 0, 0, 0])
        try file.close()
        let second = try vault()
        #expect(throws: CoordinationError(.conflict, "")) { try put(0, bytes, plan, second) }
        #expect(try second.beginUpload(plan) == [1..<2])
        try put(1, bytes, plan, second)
        try second.finishUpload(task: task, round: 1, digest: plan.digest)
        #expect(try read(second.update(task: task, round: 1, digest: plan.digest)) == bytes)
    }

    /// Makes one byte of a finished update another, and cuts off its end if asked.
    private func damage(_ plan: UploadPlan, cut: Bool) throws {
        let path = "\(home.path)/\(task.hex)/updates/000001/\(plan.digest.hex).safetensors"
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        try file.seek(toOffset: 1_500_000)
        try file.write(contentsOf: [0xFF, 0, 0xFF])
        if cut { try file.truncate(atOffset: 1_600_000) }
        try file.close()
    }

    @Test(
        "A finished update that turns out to be damaged is discarded, and the same upload replaces it",
        arguments: [false, true], [false, true])
    func damagedUpdate(afterRestart: Bool, isCut: Bool) throws {
        let bytes = blob(11)
        let plan = plan(bytes)
        let first = try vault()
        _ = try first.beginUpload(plan)
        for index in 0..<3 { try put(index, bytes, plan, first) }
        try first.finishUpload(task: task, round: 1, digest: plan.digest)
        try damage(plan, cut: isCut)
        let vault = afterRestart ? try self.vault() : first
        #expect(vault.hasUpload(task: task, round: 1, digest: plan.digest), "nobody has looked into it yet")
        try vault.discardUpdate(task: task, round: 1, digest: plan.digest)
        #expect(!vault.hasUpload(task: task, round: 1, digest: plan.digest))
        #expect(throws: CoordinationError(.notFound, "")) {
            try vault.update(task: task, round: 1, digest: plan.digest)
        }
        #expect(try vault.beginUpload(plan) == [0..<3])
        try put(1, bytes, plan, vault)
        try vault.discardUpdate(task: task, round: 1, digest: plan.digest)
        #expect(try vault.beginUpload(plan) == [0..<1, 2..<3], "an upload that is under way is not the damaged one")
        for index in [0, 2] { try put(index, bytes, plan, vault) }
        try vault.finishUpload(task: task, round: 1, digest: plan.digest)
        #expect(try read(vault.update(task: task, round: 1, digest: plan.digest)) == bytes)
        #expect(try self.vault().usedByteCount == UInt64(bytes.count))
    }

    @Test("Many threads may send chunks of one upload")
    func concurrent() async throws {
        let vault = try vault()
        let bytes = blob(3, byteCount: 12 << 20)
        let plan = plan(bytes)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    _ = try vault.beginUpload(plan)
                    for index in 0..<12 { try put((index * 5 + worker) % 12, bytes, plan, vault) }
                }
            }
            try await group.waitForAll()
        }
        try vault.finishUpload(task: task, round: 1, digest: plan.digest)
        #expect(try vault.sendableUpdate(digest: plan.digest, of: [task]).chunkHashes == plan.chunkHashes)
    }

    @Test("Participants that announce the same bytes at the same moment may all send them")
    func sameBytesAtOnce() async throws {
        let vault = try vault()
        let keys = try (0..<4).map { _ in try SigningKey.generate().publicKey }
        for number in 10..<40 {
            let bytes = blob(UInt8(number), byteCount: 1_000)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for key in keys {
                    let plan = plan(bytes, key: key)
                    group.addTask {
                        #expect(try vault.beginUpload(plan) == [0..<1])
                        try put(0, bytes, plan, vault)
                    }
                }
                try await group.waitForAll()
            }
            let digest = plan(bytes).digest
            try vault.finishUpload(task: task, round: 1, digest: digest)
            for key in keys { #expect(vault.hasUpload(task: task, round: 1, digest: digest, by: key)) }
        }
        try vault.endRound(task: task, round: 1, keeping: [])
        #expect(vault.uploadCount == 0 && vault.usedByteCount == 0)
    }

    @Test("A participant has two uploads under way; the oldest gives way")
    func twoUploads() throws {
        let vault = try vault()
        let plans = (4..<7).map { plan(blob($0)) }
        for plan in plans { _ = try vault.beginUpload(plan) }
        #expect(vault.uploadCount == 2)
        #expect(throws: CoordinationError(.conflict, "")) { try put(0, blob(4), plans[0], vault) }
        try put(0, blob(6), plans[2], vault)
        #expect(vault.usedByteCount == 5_000_000)
    }

    @Test("Chunks are taken from those who announced them, and count for nobody else")
    func strangers() throws {
        let vault = try vault()
        let bytes = blob(7)
        let mine = plan(bytes)
        _ = try vault.beginUpload(mine)
        let other = try SigningKey.generate().publicKey
        #expect(throws: CoordinationError(.conflict, "")) { try put(0, bytes, plan(bytes, key: other), vault) }
        _ = try vault.beginUpload(plan(bytes, key: other))
        try put(0, bytes, plan(bytes, key: other), vault)
        #expect(try vault.beginUpload(mine) == [0..<3])
        #expect(try vault.beginUpload(plan(bytes, key: other)) == [1..<3])
    }

    @Test("The upload oracle: what another key has sent is asked for in full, whether it is there or not")
    func oracle() throws {
        // "Nothing is missing" once told any key that somebody had sent that digest, and let it claim the update.
        let bytes = blob(12)
        let mine = plan(bytes)
        let theirs = plan(bytes, key: try SigningKey.generate().publicKey)
        let first = try vault()
        _ = try first.beginUpload(mine)
        for index in 0..<3 { try put(index, bytes, mine, first) }
        #expect(try first.beginUpload(theirs) == [0..<3], "all chunks are there")
        try first.finishUpload(task: task, round: 1, digest: mine.digest)
        #expect(try first.beginUpload(theirs) == [0..<3], "it is an update")
        #expect(!first.hasUpload(task: task, round: 1, digest: mine.digest, by: theirs.participant))
        let second = try vault()
        #expect(try second.beginUpload(theirs) == [0..<3], "after a restart")
        #expect(!second.hasUpload(task: task, round: 1, digest: mine.digest, by: theirs.participant))
        #expect(second.hasUpload(task: task, round: 1, digest: mine.digest, by: mine.participant))
        for index in 0..<3 { try put(index, bytes, theirs, second) }
        #expect(second.hasUpload(task: task, round: 1, digest: mine.digest, by: theirs.participant))
        try second.finishUpload(task: task, round: 1, digest: mine.digest)
        #expect(second.usedByteCount == UInt64(bytes.count), "the same bytes are kept once")
    }

    @Test("The end of a round keeps what was accepted, and the retention rule the last rounds")
    func endOfRound() throws {
        let vault = try vault(retention: .rounds(1))
        for round in UInt32(1)...2 {
            var digests: [Digest] = []
            for seed in UInt8(0)..<2 {
                let bytes = blob(seed &+ UInt8(round) * 8, byteCount: 1_000)
                let plan = plan(bytes, round: round)
                digests.append(plan.digest)
                _ = try vault.beginUpload(plan)
                try put(0, bytes, plan, vault)
                try vault.finishUpload(task: task, round: round, digest: plan.digest)
            }
            _ = try vault.beginUpload(plan(blob(99, byteCount: 1_000), round: round))
            try vault.endRound(task: task, round: round, keeping: [digests[0]])
            #expect(try read(vault.update(task: task, round: round, digest: digests[0])).count == 1_000)
            #expect(throws: CoordinationError(.notFound, "")) {
                try vault.update(task: task, round: round, digest: digests[1])
            }
            #expect(vault.uploadCount == 0)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(home.path)/\(task.hex)/updates") == ["000002"])
        #expect(vault.usedByteCount == 1_000)
        #expect(try self.vault().usedByteCount == 1_000, "counted anew after a restart")
    }

    @Test("What a task's file promises to keep is kept, whatever the coordinator's own rule lets go")
    func promises() throws {
        let rules: [(UpdatePromise, [String])] = [
            (.all, ["000001", "000002", "000003", "000004"]), (.lastRounds(3), ["000002", "000003", "000004"]),
            (.lastRounds(1), ["000003", "000004"]), (.none, ["000003", "000004"]),
        ]
        for (index, (promise, kept)) in rules.enumerated() {
            let task = SHA256.hash([UInt8(index)])
            let vault = try vault(retention: .rounds(2))
            vault.hold(promise, of: task)
            for round in UInt32(1)...4 {
                let bytes = blob(UInt8(round), byteCount: 1_000)
                let hashes = bytes.withUnsafeBytes { BlobDigest.chunkHashes(of: $0, threads: 1) }
                let plan = UploadPlan(
                    task: task, round: round, digest: BlobDigest.digest(ofChunkHashes: hashes), byteCount: bytes.count,
                    chunkHashes: hashes, participant: key)
                _ = try vault.beginUpload(plan)
                try put(0, bytes, plan, vault)
                try vault.finishUpload(task: task, round: round, digest: plan.digest)
                try vault.endRound(task: task, round: round, keeping: [plan.digest])
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: "\(home.path)/\(task.hex)/updates")
            #expect(names.sorted() == kept, "\(promise)")
        }
    }

    @Test("Private records are replaced, survive a restart, count on the disk, and are their owner's alone")
    func records() throws {
        let vault = try vault(retention: .rounds(1))
        #expect(throws: CoordinationError(.notFound, "")) { try vault.record(.secret, task: task) }
        try vault.removeRecord(.secret, task: task)
        try vault.storeRecord(.secret, task: task, bytes: [UInt8](repeating: 1, count: 32))
        try vault.storeRecord(.history(round: 3), task: task, bytes: [9, 9])
        try vault.storeRecord(.scores(round: 3), task: task, bytes: [1, 2, 3, 4])
        try vault.storeRecord(.scores(round: 3), task: task, bytes: [5])
        let folder = "\(home.path)/\(task.hex)/private"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(names == ["history-000003", "scores-000003", "secret"])
        func mode(_ path: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }
        #expect(try mode(folder) == 0o700)
        for name in names { #expect(try mode("\(folder)/\(name)") == 0o600) }
        #expect(vault.usedByteCount == 35)
        try vault.endRound(task: task, round: 9, keeping: [])
        let again = try self.vault()
        #expect(try again.record(.scores(round: 3), task: task) == [5])
        #expect(try again.record(.secret, task: task) == [UInt8](repeating: 1, count: 32))
        try again.removeRecord(.history(round: 3), task: task)
        #expect(throws: CoordinationError(.notFound, "")) { try again.record(.history(round: 3), task: task) }
        #expect(again.usedByteCount == 33)
        let tight = try self.vault(budget: 40)
        #expect(throws: CoordinationError(.diskFull, "")) {
            try tight.storeRecord(.history(round: 4), task: task, bytes: [UInt8](repeating: 0, count: 8))
        }
        #expect(tight.usedByteCount == 33)
    }

    @Test("Other users of the machine may not enter updates and uploads")
    func modes() throws {
        let vault = try vault()
        let bytes = blob(13, byteCount: 1_000)
        let plan = plan(bytes)
        _ = try vault.beginUpload(plan)
        try put(0, bytes, plan, vault)
        try vault.finishUpload(task: task, round: 1, digest: plan.digest)
        let folder = "\(home.path)/\(task.hex)"
        for path in ["updates", "updates/000001", "uploads"] {
            let mode = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(path)")[.posixPermissions] as? Int
            #expect(mode == 0o700, "\(path)")
        }
        let file = "\(folder)/updates/000001/\(plan.digest.hex).safetensors"
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
    }

    @Test("Models and states are kept under their digests and read back")
    func models() throws {
        let vault = try vault()
        let layout = try ParameterLayout([("values", [300_000])])
        let blob = ParameterBlob(layout: layout)
        var set = ParameterSet(zeros: layout)
        set.values.withUnsafeMutableValues { for index in 0..<$0.count { $0[index] = Float(index) } }
        let digest = blob.digest(of: set, threads: 1)
        try vault.storeModel(
            task: task, round: 1, digest: digest, chunkHashes: nil, header: blob.header, parameters: set)
        try vault.storeModel(
            task: task, round: 2, digest: digest, chunkHashes: nil, header: blob.header, parameters: set)
        #expect(try read(vault.model(task: task, digest: digest)).count == blob.byteCount)
        let sendable = try self.vault().sendableModel(task: task, digest: digest)
        #expect(BlobDigest.digest(ofChunkHashes: sendable.chunkHashes) == digest)
        #expect(throws: CoordinationError(.wrongDigest, "")) {
            try vault.storeModel(
                task: task, round: 3, digest: .zero, chunkHashes: nil, header: blob.header, parameters: set)
        }
        try vault.storeState(task: task, round: 1, bytes: [1, 2, 3])
        #expect(try vault.state(task: task, digest: SHA256.hash([1, 2, 3])) == [1, 2, 3])
        #expect(throws: CoordinationError(.notFound, "")) { try vault.state(task: task, digest: .zero) }
        #expect(throws: CoordinationError(.notFound, "")) { try vault.model(task: task, digest: .zero) }
    }

    @Test("Chunk hashes that come with a model must give its digest, and are those that it is sent with")
    func knownHashes() throws {
        let vault = try vault()
        let blob = ParameterBlob(layout: try ParameterLayout([("values", [300_000])]))
        let set = ParameterSet(zeros: blob.layout)
        let digest = blob.digest(of: set, threads: 1)
        let hashes = set.values.withUnsafeValues { values in
            blob.header.withUnsafeBytes {
                BlobDigest.chunkHashes(ofParts: [$0, UnsafeRawBufferPointer(values)], threads: 1)
            }
        }
        for wrong in [[], Array(hashes.reversed()), hashes + [.zero], [digest]] {
            #expect(throws: CoordinationError(.wrongDigest, "")) {
                try vault.storeModel(
                    task: task, round: 1, digest: digest, chunkHashes: wrong, header: blob.header, parameters: set)
            }
        }
        try vault.storeModel(
            task: task, round: 1, digest: digest, chunkHashes: hashes, header: blob.header, parameters: set)
        #expect(try vault.sendableModel(task: task, digest: digest).chunkHashes == hashes)
        #expect(try self.vault().sendableModel(task: task, digest: digest).chunkHashes == hashes, "hashed anew")
    }

    @Test("A model that was damaged on the disk is not sent")
    func damaged() throws {
        let layout = try ParameterLayout([("values", [1_000])])
        let blob = ParameterBlob(layout: layout)
        let set = ParameterSet(zeros: layout)
        let digest = blob.digest(of: set, threads: 1)
        try vault().storeModel(
            task: task, round: 0, digest: digest, chunkHashes: nil, header: blob.header, parameters: set)
        let path = "\(home.path)/\(task.hex)/models/\(digest.hex).safetensors"
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        try file.seek(toOffset: 2_000)
        try file.write(contentsOf: [9])
        try file.close()
        #expect(throws: CoordinationError(.wrongDigest, "")) {
            try vault().sendableModel(task: task, digest: digest)
        }
    }

    @Test("The disk budget refuses an upload before its bytes are sent")
    func budget() throws {
        let vault = try vault(budget: 3_000_000)
        _ = try vault.beginUpload(plan(blob(8)))
        #expect(throws: CoordinationError(.diskFull, "")) {
            _ = try vault.beginUpload(plan(blob(9), key: try SigningKey.generate().publicKey))
        }
    }
}
