package import Attestation
package import Federation
package import Tensors

/// The models that an agent keeps on disk and in memory: the last few, each under its digest.
///
/// A file that this process has not written itself is hashed before it is believed.
package actor ModelShelf {
    /// A model in memory and its file.
    package struct Model: Sendable {
        package let parameters: SharedParameterSet
        package let path: String
    }

    private let folder: AgentFolder
    private let download: BlobDownload
    private let threads: Int
    /// Models that stay in memory.
    private let loadedCount: Int
    /// Files whose digest was checked by this process.
    private var known: Set<Digest> = []
    /// The models of the last round, most recent last.
    private var loaded: [(digest: Digest, model: Model)] = []

    /// - Parameter loadedCount: models that stay in memory: one, or two for a trainer that needs the one before.
    package init(folder: AgentFolder, download: BlobDownload, threads: Int, loadedCount: Int) {
        precondition(loadedCount > 0, "the model of the round stays in memory")
        self.folder = folder
        self.download = download
        self.threads = threads
        self.loadedCount = loadedCount
    }

    /// A model, fetched if it is not here.
    ///
    /// - Parameter byteCount: what its file must have, where it is known.
    /// - Returns: the model, and the bytes that were fetched.
    /// - Throws: `AgentError` with code `unusableTask` if the file is not of the task's layout, and those of
    ///   `BlobDownload`.
    package func model(
        _ digest: Digest, byteCount: UInt64?, blob: ParameterBlob
    ) async throws(AgentError) -> (model: Model, fetched: Int) {
        if let found = loaded.first(where: { $0.digest == digest }) { return (found.model, 0) }
        let path = "\(folder.modelsPath)/\(digest).safetensors"
        var fetched = 0
        let isHere = try isComplete(digest, at: path)
        if !isHere {
            if let byteCount, byteCount != UInt64(blob.byteCount) {
                throw AgentError(
                    .unusableTask,
                    "the model \(digest) has \(byteCount) bytes; the task's layout needs \(blob.byteCount)")
            }
            fetched = try await download.fetch(digest, byteCount: UInt64(blob.byteCount), to: path)
            known.insert(digest)
        }
        AgentFile.touch(path)
        // Before the next one needs room.
        loaded.removeFirst(max(0, loaded.count - loadedCount + 1))
        let parameters: SharedParameterSet
        do {
            let file = try MappedFile(path: path)
            parameters = SharedParameterSet(
                try file.withUnsafeBytes { (bytes) throws(FederationError) in try blob.parameters(from: bytes) })
        } catch {
            throw AgentError(.unusableTask, "the model \(digest) cannot be used: \(error)")
        }
        let model = Model(parameters: parameters, path: path)
        loaded.removeAll { $0.digest == digest }
        loaded.append((digest, model))
        try prune(keeping: loaded.map(\.digest))
        return (model, fetched)
    }

    private func isComplete(_ digest: Digest, at path: String) throws(AgentError) -> Bool {
        guard AgentFile.changed(path) > 0 else { return false }
        if known.contains(digest) { return true }
        guard let file = try? MappedFile(path: path) else { return false }
        guard file.withUnsafeBytes({ BlobDigest.digest(of: $0, threads: threads) }) == digest else {
            try AgentFile.remove(path)
            return false
        }
        known.insert(digest)
        return true
    }

    /// Removes all but the models used last, and beginnings of others.
    private func prune(keeping digests: [Digest]) throws(AgentError) {
        let kept = Set(digests.map { "\($0).safetensors" })
        var names = try AgentFile.names(in: folder.modelsPath).filter { !kept.contains($0) }
        names.sort { left, right in
            AgentFile.changed("\(folder.modelsPath)/\(left)") > AgentFile.changed("\(folder.modelsPath)/\(right)")
        }
        for name in names.dropFirst(AgentLimits.modelCount - min(kept.count, AgentLimits.modelCount)) {
            try AgentFile.remove("\(folder.modelsPath)/\(name)")
        }
    }
}
