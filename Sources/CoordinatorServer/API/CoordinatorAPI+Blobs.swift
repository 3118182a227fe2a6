internal import Attestation
internal import Coordination
internal import FoundationEssentials
internal import HTTPTypes
internal import NIOCore
internal import Runs
internal import Wire

extension CoordinatorAPI {
    /// `GET /v1/blobs/{digest}`
    func blob(_ digest: Digest, _ session: SessionTable.Session) async throws -> Reply {
        let blob = try await find(digest, session)
        var answer = WireBlobManifest()
        answer.byteCount = UInt64(blob.file.byteCount)
        answer.chunkHashes = blob.chunkHashes.map { Data($0.bytes) }
        return try Reply(answer)
    }

    /// `GET /v1/blobs/{digest}/chunks/{i}`
    func blobChunk(_ digest: Digest, _ index: Int, _ session: SessionTable.Session) async throws -> Reply {
        let blob = try await find(digest, session)
        guard let range = blob.range(ofChunk: index) else {
            throw ServerProblem(
                .notFound, "there is no chunk \(index); the blob has \(blob.chunkHashes.count)")
        }
        var reply = Reply(status: 200)
        reply.fields[.contentType] = Reply.binary
        // Private: a cache that many share must not show it to others.
        reply.fields[.cacheControl] = "private, max-age=31536000, immutable"
        reply.fields[.eTag] = "\"\(blob.chunkHashes[index].hex)\""
        reply.body = .range(blob.file, range)
        return reply
    }

    /// A blob that the session may see now: a model for participants and the operator at once, for others after the
    /// close; an update after its task's close, for listed auditors and the operator.
    ///
    /// - Throws: `notFound` for any other, whether it is here or not: nobody learns what others have sent.
    private func find(_ digest: Digest, _ session: SessionTable.Session) async throws -> SendableBlob {
        let vault = parts.vault
        if let model = await parts.host.model(digest, for: session.key) {
            let seesOpen = session.role == .operator || session.role == .participant && model.isForParticipant
            guard model.isClosed || seesOpen else { throw Self.noBlob(digest) }
            return try await blocking { try vault.sendableModel(task: model.task, digest: digest) }
        }
        guard seesUpdates(session) else { throw Self.noBlob(digest) }
        let closed = await parts.host.closed(among: try await blocking { try vault.taskIDs() })
        do {
            return try await blocking { try vault.sendableUpdate(digest: digest, of: closed) }
        } catch let error as CoordinationError where error.code == .notFound {
            throw Self.noBlob(digest)
        }
    }

    private func seesUpdates(_ session: SessionTable.Session) -> Bool {
        switch session.role {
        case .operator: true
        case .auditor: parts.settings.current.auditors.contains(session.key)
        default: false
        }
    }

    private static func noBlob(_ digest: Digest) -> ServerProblem {
        ServerProblem(
            .notFound, "there is no blob \(digest) for this session",
            hint: """
                models are for participants until their task is closed; updates for the auditors in coordinator.yaml, \
                afterwards
                """)
    }

    /// `POST /v1/updates/{digest}`
    func beginUpload(
        _ digest: Digest, _ exchange: Exchange, _ session: SessionTable.Session
    ) async throws -> Reply {
        let route = Route.beginUpload(digest)
        let request = try await exchange.message(WireUploadRequest.self, limit: route.bodyLimit)
        guard (1...WireLimits.chunkCount).contains(request.manifest.chunkHashes.count),
            let byteCount = Int(exactly: request.manifest.byteCount),
            byteCount <= WireLimits.chunkCount * BlobDigest.chunkByteCount,
            BlobDigest.chunkCount(ofByteCount: byteCount) == request.manifest.chunkHashes.count
        else {
            throw ServerProblem.malformed(
                """
                a manifest of \(request.manifest.byteCount) bytes in \(request.manifest.chunkHashes.count) chunks; \
                a blob has 1 to \(WireLimits.chunkCount) chunks of 1 MiB, the last may be shorter
                """)
        }
        var hashes: [Digest] = []
        hashes.reserveCapacity(request.manifest.chunkHashes.count)
        for hash in request.manifest.chunkHashes { hashes.append(try Self.digest(hash, "a chunk's hash")) }
        guard BlobDigest.digest(ofChunkHashes: hashes) == digest else {
            throw ServerProblem(
                .wrongDigest, "the chunk hashes do not give the digest \(digest)",
                hint: "a blob's digest is the RFC 6962 root over its 16 KiB blocks, a chunk's hash that over its own")
        }
        let onlyChunk = request.onlyChunk
        guard onlyChunk.isEmpty || byteCount == onlyChunk.count && byteCount <= WireLimits.onlyChunkByteCount else {
            throw ServerProblem.malformed(
                """
                only_chunk has \(onlyChunk.count) bytes of a blob of \(byteCount); it is all of a blob of at most \
                \(WireLimits.onlyChunkByteCount), or absent
                """)
        }
        let plan = UploadPlan(
            task: try Self.digest(request.task, "task"), round: request.round, digest: digest, byteCount: byteCount,
            chunkHashes: hashes, participant: session.key)
        try await parts.host.checkUpload(plan)
        let vault = parts.vault
        let missing = try await blocking { () -> [Range<Int>] in
            let missing = try vault.beginUpload(plan)
            guard !missing.isEmpty, !onlyChunk.isEmpty else { return missing }
            try onlyChunk.withUnsafeBytes { try vault.putChunk(0, of: plan.digest, by: plan.participant, $0) }
            return []
        }
        var answer = WireUploadProgress()
        answer.missing = missing.map { range in
            var part = WireChunkRange()
            part.first = UInt32(range.lowerBound)
            part.count = UInt32(range.count)
            return part
        }
        return try Reply(answer)
    }

    /// `PUT /v1/updates/{digest}/chunks/{i}`
    func putChunk(
        _ digest: Digest, _ index: Int, _ exchange: Exchange, _ session: SessionTable.Session
    ) async throws -> Reply {
        // Also where nobody announced it: the table of statuses says so.
        try exchange.checkAnnouncedSize(limit: Route.putChunk(digest, index).bodyLimit)
        let key = session.key
        let vault = parts.vault
        guard let expected = vault.chunkByteCount(index, of: digest, by: key) else {
            throw ServerProblem(
                .conflict, "chunk \(index) of \(digest) was not announced",
                hint: "begin with POST /v1/updates/{digest}")
        }
        // A large body is not read before it is asked for, and its time does not run.
        await receiving.enter()
        defer { receiving.leave() }
        let buffer = buffers.take()
        defer { buffers.giveBack(buffer) }
        try await exchange.chunk(into: buffer, limit: expected)
        try await blocking { try vault.putChunk(index, of: digest, by: key, buffer.bytes) }
        return .done
    }
}
