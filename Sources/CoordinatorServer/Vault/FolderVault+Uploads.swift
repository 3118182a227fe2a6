package import Attestation
package import Coordination
internal import Synchronization

extension FolderVault {
    package func beginUpload(_ plan: UploadPlan) throws(CoordinationError) -> [Range<Int>] {
        let name = UploadName(task: plan.task, round: plan.round, digest: plan.digest)
        if let file = uploads.withLock({ $0.files[name] }) {
            file.join(plan.participant)
            note(name, of: plan.participant)
            return file.missing
        }
        if hasUpload(task: plan.task, round: plan.round, digest: plan.digest) { return [] }
        let room = try openUpload(plan, name)
        // Somebody else may have opened it meanwhile.
        room.join(plan.participant)
        note(name, of: plan.participant)
        return room.missing
    }

    /// Opens the file of an upload, once however many ask at the same time.
    private func openUpload(_ plan: UploadPlan, _ name: UploadName) throws(CoordinationError) -> UploadFile {
        guard uploads.withLock({ $0.files.count }) < CoordinatorServerLimits.uploadCount else {
            throw CoordinationError(
                .limitExceeded, "\(CoordinatorServerLimits.uploadCount) uploads are under way", hint: "try again later")
        }
        return try hashing.withLock { _ throws(CoordinationError) in
            if let file = uploads.withLock({ $0.files[name] }) { return file }
            let folder = "\(root)/\(plan.task.hex)/uploads"
            try Self.makeFolder(folder)
            let path = "\(folder)/\(Self.roundName(plan.round))-\(plan.digest.hex).part"
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

    /// Remembers whose upload it is. Past the bound of one participant its oldest gives way: a trainer that was
    /// restarted may have made another update.
    private func note(_ name: UploadName, of key: PublicKey) {
        let dropped = uploads.withLock { uploads -> UploadFile? in
            var names = uploads.underway[key, default: []].filter { uploads.files[$0]?.isFinished == false }
            names.removeAll { $0 == name }
            names.append(name)
            defer { uploads.underway[key] = names }
            guard names.count > CoordinationLimits.uploadsPerParticipant else { return nil }
            let oldest = names.removeFirst()
            guard let file = uploads.files[oldest], file.leave(key) else { return nil }
            uploads.files[oldest] = nil
            return file
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
            uploads.files.filter { $0.key.digest == digest && $0.value.isAnnounced(by: key) }.map(\.value)
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
            uploads.files.first { $0.key.digest == digest && $0.value.isAnnounced(by: key) }?.value
        }
        guard let file, file.plan.chunkHashes.indices.contains(index) else { return nil }
        return file.chunkByteCount(index)
    }

    /// Uploads that are under way.
    package var uploadCount: Int { uploads.withLock { $0.files.values.count { !$0.isFinished } } }

    package func finishUpload(task: Digest, round: UInt32, digest: Digest) throws(CoordinationError) {
        let name = UploadName(task: task, round: round, digest: digest)
        let path = updatePath(task, round, digest)
        guard let file = uploads.withLock({ $0.files[name] }) else {
            if Self.exists(path) { return }
            throw CoordinationError(.conflict, "no upload of \(digest) was announced for round \(round)")
        }
        let updates = "\(root)/\(task.hex)/updates"
        let folder = "\(updates)/\(Self.roundName(round))"
        try Self.makeFolder(folder)
        try file.finish(as: path)
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
