package import Attestation
package import Coordination
internal import Synchronization

extension FolderVault {
    package func beginUpload(_ plan: UploadPlan) throws(CoordinationError) -> [Range<Int>] {
        let name = UploadName(
            task: plan.task, round: plan.round, digest: plan.digest, participant: plan.participant)
        if let file = uploads.withLock({ $0.files[name] }) {
            note(name)
            return file.missing
        }
        // What somebody else sent is no reason to ask for less: the answer would tell that it is here.
        if hasUpload(task: plan.task, round: plan.round, digest: plan.digest, by: plan.participant) { return [] }
        let file = try openUpload(plan, name)
        note(name)
        return file.missing
    }

    package func hasUpload(task: Digest, round: UInt32, digest: Digest) -> Bool {
        let isComplete = uploads.withLock { uploads in
            Self.names(task, round, digest, in: uploads).contains { uploads.files[$0]?.isComplete == true }
        }
        return isComplete || Self.exists(updatePath(task, round, digest))
    }

    package func hasUpload(task: Digest, round: UInt32, digest: Digest, by key: PublicKey) -> Bool {
        let name = UploadName(task: task, round: round, digest: digest, participant: key)
        if let file = uploads.withLock({ $0.files[name] }) { return file.isComplete }
        return Self.exists(sentPath(name)) && Self.exists(updatePath(task, round, digest))
    }

    /// The uploads of an update, of every participant.
    static func names(_ task: Digest, _ round: UInt32, _ digest: Digest, in uploads: Uploads) -> [UploadName] {
        uploads.files.keys.filter { $0.digest == digest && $0.round == round && $0.task == task }
    }

    /// Opens the file of an upload, once however many requests ask at the same time.
    private func openUpload(_ plan: UploadPlan, _ name: UploadName) throws(CoordinationError) -> UploadFile {
        guard uploads.withLock({ $0.files.count }) < CoordinatorServerLimits.uploadCount else {
            throw CoordinationError(
                .limitExceeded, "\(CoordinatorServerLimits.uploadCount) uploads are under way", hint: "try again later")
        }
        return try hashing.withLock { _ throws(CoordinationError) in
            if let file = uploads.withLock({ $0.files[name] }) { return file }
            try Self.makeFolder(uploadsPath(plan.task), mode: Self.privateFolderMode)
            let path = partPath(name)
            let wasThere = Self.exists(path)
            if !wasThere { try budget.take(plan.byteCount) }
            do throws(CoordinationError) {
                let file = try UploadFile(plan, path: path)
                uploads.withLock { $0.files[name] = file }
                return file
            } catch {
                if !wasThere { budget.giveBack(plan.byteCount) }
                throw error
            }
        }
    }

    /// Counts an upload that is under way. Past the bound of one participant its oldest gives way: a trainer that was
    /// restarted may have made another update.
    private func note(_ name: UploadName) {
        let key = name.participant
        let dropped = uploads.withLock { uploads -> UploadFile? in
            var names = uploads.underway[key, default: []].filter { uploads.files[$0]?.isFinished == false }
            names.removeAll { $0 == name }
            names.append(name)
            defer { uploads.underway[key] = names }
            guard names.count > CoordinationLimits.uploadsPerParticipant else { return nil }
            let oldest = names.removeFirst()
            return uploads.files.removeValue(forKey: oldest)
        }
        if let dropped {
            dropped.discard()
            budget.giveBack(dropped.plan.byteCount)
        }
    }

    /// Writes a chunk of an upload that a participant announced.
    ///
    /// - Throws: `conflict` if it was not announced, or `UploadFile.write`'s errors.
    package func putChunk(
        _ index: Int, of digest: Digest, by key: PublicKey, _ bytes: UnsafeRawBufferPointer
    ) throws(CoordinationError) {
        let files = uploads.withLock { uploads in
            uploads.files.filter { $0.key.digest == digest && $0.key.participant == key }.map(\.value)
        }
        guard !files.isEmpty else {
            throw CoordinationError(
                .conflict, "no upload of \(digest) was announced", hint: "begin with POST /v1/updates/\(digest)")
        }
        // One, unless the same bytes go to two tasks.
        for file in files { try file.write(bytes, chunk: index) }
    }

    /// Bytes that a chunk of an announced upload has; nil if there is none such.
    package func chunkByteCount(_ index: Int, of digest: Digest, by key: PublicKey) -> Int? {
        let file = uploads.withLock { uploads in
            uploads.files.first { $0.key.digest == digest && $0.key.participant == key }?.value
        }
        guard let file, file.plan.chunkHashes.indices.contains(index) else { return nil }
        return file.chunkByteCount(index)
    }

    /// Uploads that are under way.
    package var uploadCount: Int { uploads.withLock { $0.files.values.count { !$0.isFinished } } }

    package func finishUpload(task: Digest, round: UInt32, digest: Digest) throws(CoordinationError) {
        let path = updatePath(task, round, digest)
        // Whose bytes they are does not matter here: they have the digest, and the statement proves possession.
        let found = uploads.withLock { uploads in
            let files = Self.names(task, round, digest, in: uploads).compactMap { name in
                uploads.files[name].map { (name: name, file: $0) }
            }
            return files.first { $0.file.isFinished } ?? files.first { $0.file.isComplete } ?? files.first
        }
        guard let found else {
            if Self.exists(path) { return }
            throw CoordinationError(.conflict, "no upload of \(digest) was announced for round \(round)")
        }
        if !found.file.isComplete, Self.exists(path) { return }
        let updates = "\(root)/\(task.hex)/updates"
        let folder = "\(updates)/\(Self.roundName(round))"
        try Self.makeFolder(updates, mode: Self.privateFolderMode)
        try Self.makeFolder(folder, mode: Self.privateFolderMode)
        let wasThere = !found.file.isFinished && Self.exists(path)
        try found.file.finish(as: path)
        if wasThere { budget.giveBack(found.file.plan.byteCount) }
        // Lost with the power, it costs its sender one upload more.
        Self.touch(sentPath(found.name))
        try Self.flushFolder(folder)
        try Self.flushFolder(updates)
    }

    static func forget(_ name: UploadName, in uploads: inout Uploads) {
        for key in uploads.underway.keys {
            uploads.underway[key]?.removeAll { $0 == name }
            if uploads.underway[key]?.isEmpty == true { uploads.underway[key] = nil }
        }
    }
}
