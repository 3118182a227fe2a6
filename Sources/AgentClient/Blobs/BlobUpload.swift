internal import Attestation
internal import FoundationEssentials
internal import Ledger
internal import NIOCore
internal import Wire

/// Sends an update's file: several chunks at once, only those that the coordinator does not have.
package struct BlobUpload: Sendable {
    private let calls: any CoordinatorCalls
    private let patience: Patience
    private let limit: BandwidthLimit

    package init(calls: any CoordinatorCalls, patience: Patience, limit: BandwidthLimit) {
        self.calls = calls
        self.patience = patience
        self.limit = limit
    }

    /// Sends what the coordinator lacks of an update; a small one travels with its announcement.
    ///
    /// A coordinator that was restarted may have forgotten the upload; it is then announced again.
    ///
    /// - Returns: the bytes that were sent.
    /// - Throws: `AgentError`: `refused` with the problem `conflict` when the round is over, and those of
    ///   `CoordinatorCalls` and of files.
    @discardableResult
    package func send(_ update: StoredUpdate) async throws(AgentError) -> Int {
        try await send(opened(update))
    }

    /// An update whose file is open: it can be sent while the file is given another name.
    package struct OpenUpdate: Sendable {
        let update: StoredUpdate
        let file: ChunkedFile
    }

    /// Opens an update's file.
    ///
    /// - Throws: `AgentError` with code `folderUnusable` if it is not there.
    package func opened(_ update: StoredUpdate) throws(AgentError) -> OpenUpdate {
        OpenUpdate(update: update, file: try ChunkedFile(path: update.path, writable: false))
    }

    /// Sends what the coordinator lacks of an update that is open.
    @discardableResult
    package func send(_ open: OpenUpdate) async throws(AgentError) -> Int {
        let update = open.update
        let outline = update.outline
        let blob = outline.digest
        let file = open.file
        var request = WireUploadRequest()
        request.task = .init(update.statement.task.bytes)
        request.round = update.statement.round
        request.manifest = outline.manifest
        var sentCount = 0
        if outline.chunkHashes.count == 1, outline.byteCount <= WireLimits.onlyChunkByteCount {
            request.onlyChunk = Data(try chunk(0, outline, from: file).readableBytesView)
            try await limit.pass(outline.byteCount)
            sentCount = outline.byteCount
        }
        var trial = 1
        while true {
            let missing = try await announce(blob, request, chunkCount: outline.chunkHashes.count)
            do {
                try await ChunkCrew.run(over: missing) { (chunk) async throws(AgentError) in
                    try await send(chunk, of: blob, outline, from: file)
                }
                return sentCount + missing.reduce(0) { $0 + outline.range(ofChunk: $1).count }
            } catch {
                guard error.isProblem(.conflict), trial < AgentLimits.uploadTrials else { throw error }
            }
            sentCount += missing.reduce(0) { $0 + outline.range(ofChunk: $1).count }
            trial += 1
        }
    }

    /// Announces the upload; answers the chunks that are missing.
    private func announce(
        _ blob: Digest, _ request: WireUploadRequest, chunkCount: Int
    ) async throws(AgentError) -> [Int] {
        let calls = calls
        let progress = try await patience { () async throws(AgentError) in
            try await calls.beginUpload(of: blob, request)
        }
        var missing: [Int] = []
        var next = 0
        for range in progress.missing {
            let first = Int(range.first)
            let end = first + Int(range.count)
            guard first >= next, end <= chunkCount else {
                throw AgentError(
                    .unexpectedAnswer, "the coordinator asks for chunks \(first) to \(end) of \(chunkCount)")
            }
            missing += first..<end
            next = end
        }
        return missing
    }

    private func chunk(
        _ chunk: Int, _ outline: BlobOutline, from file: ChunkedFile
    ) throws(AgentError) -> ByteBuffer {
        let range = outline.range(ofChunk: chunk)
        let bytes = try file.read(range)
        guard bytes.readableBytes == range.count else {
            throw AgentError(.folderDamaged, "\(file.path) ends in chunk \(chunk) of \(outline.chunkHashes.count)")
        }
        return bytes
    }

    private func send(
        _ chunk: Int, of blob: Digest, _ outline: BlobOutline, from file: ChunkedFile
    ) async throws(AgentError) {
        let bytes = try self.chunk(chunk, outline, from: file)
        let calls = calls
        try await limit.pass(bytes.readableBytes)
        try await patience { () async throws(AgentError) in try await calls.putChunk(chunk, of: blob, bytes) }
    }
}
