package import Attestation
internal import NIOCore

/// Fetches a blob into a file: several chunks at once, each checked against its hash when it arrives, all of them
/// against the blob's digest before the file gets its name.
///
/// What a broken link or a stop leaves is a `.part` file; the next download hashes what is in it and fetches the rest.
/// No flush is made: whoever opens the file for the first time in a process checks its digest (`ModelShelf`).
package struct BlobDownload: Sendable {
    private let calls: any CoordinatorCalls
    private let patience: Patience
    private let limit: BandwidthLimit

    package init(calls: any CoordinatorCalls, patience: Patience, limit: BandwidthLimit) {
        self.calls = calls
        self.patience = patience
        self.limit = limit
    }

    /// Fetches a blob.
    ///
    /// - Parameters:
    ///   - byteCount: what the blob must have, where it is known.
    ///   - path: the complete file's; beside it lies the incomplete one.
    /// - Returns: the bytes that had to be fetched.
    /// - Throws: `AgentError`: `wrongDigest` if the coordinator keeps sending something else, and those of
    ///   `CoordinatorCalls` and of files.
    @discardableResult
    package func fetch(_ blob: Digest, byteCount: UInt64?, to path: String) async throws(AgentError) -> Int {
        let outline = try await outline(of: blob, byteCount: byteCount)
        let partial = path + AgentFile.partialSuffix
        let file = try ChunkedFile(path: partial, writable: true)
        let missing = try missingChunks(of: outline, in: file)
        try file.reserve(outline.byteCount)
        try await ChunkCrew.run(over: missing) { (chunk) async throws(AgentError) in
            try await fetch(chunk, of: blob, outline, into: file)
        }
        try AgentFile.move(partial, to: path)
        return missing.reduce(0) { $0 + outline.range(ofChunk: $1).count }
    }

    /// The blob's chunks; the coordinator is asked only where there is something to tell: a blob of one chunk has that
    /// chunk's hash as its digest.
    private func outline(of blob: Digest, byteCount: UInt64?) async throws(AgentError) -> BlobOutline {
        if let byteCount, (1...UInt64(BlobDigest.chunkByteCount)).contains(byteCount) {
            return BlobOutline(byteCount: Int(byteCount), chunkHashes: [blob])
        }
        let calls = calls
        let manifest = try await patience { () async throws(AgentError) in try await calls.manifest(of: blob) }
        return try BlobOutline(manifest, of: blob, byteCount: byteCount)
    }

    private func missingChunks(of outline: BlobOutline, in file: ChunkedFile) throws(AgentError) -> [Int] {
        let there = try file.byteCount()
        var missing: [Int] = []
        for chunk in outline.chunkHashes.indices {
            if outline.range(ofChunk: chunk).upperBound <= there, try file.holds(chunk, of: outline) { continue }
            missing.append(chunk)
        }
        return missing
    }

    private func fetch(
        _ chunk: Int, of blob: Digest, _ outline: BlobOutline, into file: ChunkedFile
    ) async throws(AgentError) {
        let range = outline.range(ofChunk: chunk)
        let calls = calls
        for _ in 0..<AgentLimits.chunkTrials {
            try await limit.pass(range.count)
            let bytes = try await patience { () async throws(AgentError) in try await calls.chunk(chunk, of: blob) }
            guard bytes.readableBytes == range.count,
                bytes.withUnsafeReadableBytes({ BlobDigest.chunkHash(of: $0) }) == outline.chunkHashes[chunk]
            else { continue }
            return try file.write(bytes, at: range.lowerBound)
        }
        throw AgentError(
            .wrongDigest,
            "chunk \(chunk) of \(blob) came \(AgentLimits.chunkTrials) times with bytes that do not have its hash",
            hint: "the coordinator's disk, or what stands before it, is damaged: tell the operator")
    }
}
