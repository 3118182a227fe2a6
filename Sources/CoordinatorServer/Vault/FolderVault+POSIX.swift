package import Attestation
internal import CLinux
package import Coordination
package import Federation
internal import Glibc
internal import Runs
internal import Synchronization
package import Tensors

/// Models, updates and server states as files below a folder, one folder a task:
///
///     <task>/models/<digest>.safetensors, <digest>.state
///     <task>/updates/<round>/<digest>.safetensors
///     <task>/uploads/<round>-<digest>-<key>.part, .sent
///     <task>/private/<record>
///
/// What has its final name is complete and on disk. An upload belongs to the key that sends its bytes; `.sent` marks
/// that it became an update. Other users of the machine may not enter updates, uploads and private. Safe to share.
package final class FolderVault: BlobVault {
    struct UploadName: Hashable {
        let task: Digest
        let round: UInt32
        let digest: Digest
        /// Who sends the bytes.
        let participant: PublicKey
    }

    struct Uploads {
        var files: [UploadName: UploadFile] = [:]
        /// Unfinished uploads of each participant, oldest first.
        var underway: [PublicKey: [UploadName]] = [:]
    }

    let root: String
    let shelf = BlobShelf()
    let budget: DiskBudget
    let uploads = Mutex(Uploads())
    /// Held while a blob's hashes are computed, so that many who ask at once cost one pass.
    let hashing = Mutex(())
    private let threads: Int
    private let retention: Mutex<CoordinatorSettings.Retention>
    /// What the files of tasks promise to keep, which comes before the coordinator's own rule.
    private let promises = Mutex<[Digest: UpdatePromise]>([:])

    /// - Parameters:
    ///   - root: the folder that holds the tasks' folders.
    ///   - threads: most threads that hash a model.
    /// - Throws: `storageFailed` if the folder cannot be read.
    package init(
        root: String, retention: CoordinatorSettings.Retention = .all, budget: UInt64? = nil, threads: Int = 1
    ) throws(CoordinationError) {
        self.root = root
        self.threads = threads
        self.retention = Mutex(retention)
        var used: UInt64 = 0
        for task in try Self.names(in: root) {
            for folder in ["models", "uploads", "private"] {
                used += try Self.byteCount(of: "\(root)/\(task)/\(folder)")
            }
            let updates = "\(root)/\(task)/updates"
            for round in try Self.names(in: updates) { used += try Self.byteCount(of: "\(updates)/\(round)") }
        }
        self.budget = DiskBudget(used: used, limit: budget)
    }

    /// Applies the changed settings.
    package func apply(_ settings: CoordinatorSettings) {
        retention.withLock { $0 = settings.retention }
        budget.setLimit(settings.diskBudgetByteCount)
    }

    /// Holds to what a task's file promises to keep, whatever the coordinator's own rule would let go.
    package func hold(_ promise: UpdatePromise, of task: Digest) {
        promises.withLock { $0[task] = promise }
    }

    /// Bytes of models, updates, uploads and private records.
    package var usedByteCount: UInt64 { budget.used }

    // Models and states.

    package func storeModel(
        task: Digest, round: UInt32, digest: Digest, chunkHashes: [Digest]?, header: [UInt8],
        parameters: borrowing ParameterSet
    ) throws(CoordinationError) {
        let path = modelPath(task, digest)
        if access(path, F_OK) != 0 {
            let byteCount = header.count + parameters.layout.count * MemoryLayout<Float>.stride
            try budget.take(byteCount)
            do throws(CoordinationError) {
                try Self.makeFolder("\(root)/\(task.hex)/models")
                try write(header, parameters, chunkHashes, to: path, digest: digest)
            } catch {
                budget.giveBack(byteCount)
                throw error
            }
        }
        try Self.flushFolder("\(root)/\(task.hex)/models")
    }

    /// Writes a model beside its place and moves it there when it is on the disk.
    ///
    /// Its chunks' hashes, for which everybody will ask next, are computed while the disk takes the bytes, unless they
    /// are known; they must give the digest. What lies in the file is believed for as long as this process has it open,
    /// and hashed again by any other; whoever fetches a chunk checks it.
    private func write(
        _ header: [UInt8], _ parameters: borrowing ParameterSet, _ known: [Digest]?, to path: String, digest: Digest
    ) throws(CoordinationError) {
        let temporary = path + ".part"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .system("write", path, errno: errno) }
        var isInPlace = false
        defer {
            close(descriptor)
            if !isInPlace { unlink(temporary) }
        }
        let threads = threads
        let (number, hashes) = parameters.values.withUnsafeValues { values -> (Int32, [Digest]) in
            header.withUnsafeBytes { header -> (Int32, [Digest]) in
                let values = UnsafeRawBufferPointer(values)
                for part in [header, values] {
                    let number = Self.append(part, to: descriptor)
                    if number != 0 { return (number, []) }
                }
                _ = sync_file_range(descriptor, 0, 0, tributary_sync_file_range_write)
                return (0, known ?? BlobDigest.chunkHashes(ofParts: [header, values], threads: threads))
            }
        }
        guard number == 0 else { throw .system("write", path, errno: number) }
        let byteCount = header.count + parameters.layout.count * MemoryLayout<Float>.stride
        guard hashes.count == BlobDigest.chunkCount(ofByteCount: byteCount),
            BlobDigest.digest(ofChunkHashes: hashes) == digest
        else {
            throw CoordinationError(.wrongDigest, "the model to be kept as \(digest) has another digest")
        }
        guard fsync(descriptor) == 0 else { throw .system("make durable", path, errno: errno) }
        guard rename(temporary, path) == 0 else { throw .system("put in place", path, errno: errno) }
        isInPlace = true
        shelf.put(BlobShelf.Blob(file: try FileBlob.inVault(path), chunkHashes: hashes), digest: digest)
    }

    package func storeState(task: Digest, round: UInt32, bytes: [UInt8]) throws(CoordinationError) {
        let path = statePath(task, SHA256.hash(bytes))
        if access(path, F_OK) == 0 { return try Self.flushFolder("\(root)/\(task.hex)/models") }
        try budget.take(bytes.count)
        do throws(CoordinationError) {
            try Self.makeFolder("\(root)/\(task.hex)/models")
            do {
                try DurableFile.write(bytes, to: path)
            } catch {
                throw CoordinationError(error.code == .diskFull ? .diskFull : .storageFailed, error.message)
            }
        } catch {
            budget.giveBack(bytes.count)
            throw error
        }
    }

    package func model(task: Digest, digest: Digest) throws(CoordinationError) -> any BlobReading {
        if let found = shelf.find(digest) { return found.file }
        return try FileBlob.inVault(modelPath(task, digest))
    }

    package func state(task: Digest, digest: Digest) throws(CoordinationError) -> [UInt8] {
        let file = try FileBlob.inVault(statePath(task, digest))
        var bytes = [UInt8](repeating: 0, count: file.byteCount)
        do { try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) } } catch {
            throw CoordinationError(.storageFailed, "\(error)")
        }
        guard SHA256.hash(bytes) == digest else {
            throw CoordinationError(.storageFailed, "the server state \(digest) is damaged")
        }
        return bytes
    }

    // Updates.

    package func update(
        task: Digest, round: UInt32, digest: Digest
    ) throws(CoordinationError) -> any BlobReading {
        try FileBlob.inVault(updatePath(task, round, digest))
    }

    package func discardUpdate(task: Digest, round: UInt32, digest: Digest) throws(CoordinationError) {
        let finished = uploads.withLock { uploads in
            // Those that are under way are new already.
            let names = Self.names(task, round, digest, in: uploads).filter { uploads.files[$0]?.isFinished == true }
            for name in names {
                uploads.files[name] = nil
                Self.forget(name, in: &uploads)
            }
            return names
        }
        for name in finished { remove(sentPath(name)) }
        remove(updatePath(task, round, digest))
    }

    package func endRound(
        task: Digest, round: UInt32, keeping accepted: Set<Digest>
    ) throws(CoordinationError) {
        let gone = uploads.withLock { uploads in
            let names = uploads.files.keys.filter { $0.task == task && $0.round <= round }
            let files = names.compactMap { uploads.files.removeValue(forKey: $0) }
            for name in names { Self.forget(name, in: &uploads) }
            return files
        }
        for file in gone where !file.isFinished {
            file.discard()
            budget.giveBack(file.plan.byteCount)
        }
        // Marks, and what an earlier process left of this round and those before it.
        let folder = "\(root)/\(task.hex)/uploads"
        for name in try Self.names(in: folder) {
            guard let number = name.split(separator: "-").first.flatMap({ UInt32($0) }), number <= round else {
                continue
            }
            remove("\(folder)/\(name)")
        }
        let updates = "\(root)/\(task.hex)/updates"
        let kept = Set(accepted.map { "\($0.hex).safetensors" })
        for name in try Self.names(in: "\(updates)/\(Self.roundName(round))") where !kept.contains(name) {
            remove("\(updates)/\(Self.roundName(round))/\(name)")
        }
        guard case .rounds(let count) = retention.withLock({ $0 }) else { return }
        let promise = promises.withLock { $0[task] } ?? .none
        for name in try Self.names(in: updates) {
            guard let old = UInt32(name), UInt64(old) + UInt64(count) <= UInt64(round),
                !promise.covers(old, newest: round)
            else { continue }
            for file in try Self.names(in: "\(updates)/\(name)") { remove("\(updates)/\(name)/\(file)") }
            rmdir("\(updates)/\(name)")
        }
    }

    /// Deletes a file and gives its room back.
    func remove(_ path: String) {
        var status = stat()
        let byteCount = stat(path, &status) == 0 ? Int(status.st_size) : 0
        if let name = path.split(separator: "/").last, let digest = try? Digest(hex: String(name.prefix(64))) {
            shelf.remove(digest)
        }
        if unlink(path) == 0 { budget.giveBack(byteCount) }
    }
}
