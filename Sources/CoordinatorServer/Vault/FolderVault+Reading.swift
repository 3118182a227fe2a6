package import Attestation
package import Coordination
internal import Federation
package import Runs
internal import Synchronization

extension FolderVault {
    /// A model that can be sent, with its chunk hashes.
    ///
    /// - Throws: `notFound`, `storageFailed`, or `wrongDigest` if the file is damaged.
    /// - Complexity: one pass over the file the first time.
    package func sendableModel(task: Digest, digest: Digest) throws(CoordinationError) -> SendableBlob {
        try sendable(digest, path: modelPath(task, digest))
    }

    /// An update of any round of some tasks.
    ///
    /// - Parameter tasks: those whose updates may be shown: closed ones.
    /// - Throws: as `sendableModel`.
    /// - Complexity: a look into every round's folder the first time.
    package func sendableUpdate(
        digest: Digest, of tasks: some Sequence<Digest>
    ) throws(CoordinationError) -> SendableBlob {
        for task in tasks {
            let updates = "\(root)/\(task.hex)/updates"
            if let found = shelf.find(digest), found.file.path.hasPrefix(updates + "/") { return SendableBlob(found) }
            for round in try Self.names(in: updates) {
                let path = "\(updates)/\(round)/\(digest.hex).safetensors"
                if Self.exists(path) { return try sendable(digest, path: path) }
            }
        }
        throw CoordinationError(.notFound, "there is no blob \(digest)")
    }

    /// The tasks that have a folder here.
    ///
    /// - Throws: `storageFailed`.
    package func taskIDs() throws(CoordinationError) -> [Digest] {
        try Self.names(in: root).compactMap { try? Digest(hex: $0) }
    }

    private func sendable(_ digest: Digest, path: String) throws(CoordinationError) -> SendableBlob {
        if let found = shelf.find(digest) { return SendableBlob(found) }
        return try hashing.withLock { _ throws(CoordinationError) in
            if let found = shelf.find(digest) { return SendableBlob(found) }
            let file = try FileBlob.inVault(path)
            let hashes: [Digest]
            do { hashes = try file.chunkHashes() } catch { throw CoordinationError(.storageFailed, "\(error)") }
            guard BlobDigest.digest(ofChunkHashes: hashes) == digest else {
                throw CoordinationError(
                    .wrongDigest, "\(path) is damaged", hint: "restore it from a backup; the ledger has its digest")
            }
            let blob = BlobShelf.Blob(file: file, chunkHashes: hashes)
            shelf.put(blob, digest: digest)
            return SendableBlob(blob)
        }
    }
}

/// A blob on its way to a client.
package struct SendableBlob: Sendable {
    package let file: FileBlob
    package let chunkHashes: [Digest]

    init(_ blob: BlobShelf.Blob) {
        file = blob.file
        chunkHashes = blob.chunkHashes
    }

    /// Bytes of a chunk; nil if the blob does not have it.
    package func range(ofChunk index: Int) -> Range<Int>? {
        guard chunkHashes.indices.contains(index) else { return nil }
        let start = index * BlobDigest.chunkByteCount
        return start..<min(start + BlobDigest.chunkByteCount, file.byteCount)
    }
}
