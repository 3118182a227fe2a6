package import Attestation
internal import FoundationEssentials
package import Wire

/// The chunks of a blob: how many bytes it has, and the hash of each, which together make its digest.
package struct BlobOutline: Equatable, Sendable {
    package let byteCount: Int
    /// Hash of every 1 MiB chunk, in order.
    package let chunkHashes: [Digest]

    /// An outline that somebody computed here.
    package init(byteCount: Int, chunkHashes: [Digest]) {
        precondition(chunkHashes.count == BlobDigest.chunkCount(ofByteCount: byteCount), "not a hash for each chunk")
        self.byteCount = byteCount
        self.chunkHashes = chunkHashes
    }

    /// Reads what the coordinator says of a blob, and checks it against the blob's digest.
    ///
    /// - Parameter expected: the bytes that the blob must have, where they are known.
    /// - Throws: `AgentError` with code `wrongDigest` or `unexpectedAnswer`.
    package init(_ manifest: WireBlobManifest, of blob: Digest, byteCount expected: UInt64?) throws(AgentError) {
        guard manifest.byteCount <= AgentLimits.blobByteCount, expected == nil || expected == manifest.byteCount else {
            throw AgentError(
                .unexpectedAnswer,
                """
                the blob \(blob) has \(manifest.byteCount) bytes; \(expected.map(String.init) ?? "fewer") were expected
                """
            )
        }
        let count = Int(manifest.byteCount)
        guard manifest.chunkHashes.count == BlobDigest.chunkCount(ofByteCount: count),
            manifest.chunkHashes.allSatisfy({ $0.count == Digest.byteCount })
        else {
            throw AgentError(
                .unexpectedAnswer,
                "\(manifest.chunkHashes.count) chunk hashes do not make up a blob of \(count) bytes")
        }
        let hashes = manifest.chunkHashes.compactMap { try? Digest(bytes: $0) }
        guard hashes.count == manifest.chunkHashes.count, BlobDigest.digest(ofChunkHashes: hashes) == blob else {
            throw AgentError(
                .wrongDigest, "the chunk hashes that the coordinator gives do not make up the blob \(blob)",
                hint: "the coordinator, or what stands before it, is damaged: tell the operator")
        }
        byteCount = count
        chunkHashes = hashes
    }

    /// Its digest.
    package var digest: Digest { BlobDigest.digest(ofChunkHashes: chunkHashes) }

    /// The bytes of a chunk.
    package func range(ofChunk chunk: Int) -> Range<Int> {
        chunk * BlobDigest.chunkByteCount..<min(byteCount, (chunk + 1) * BlobDigest.chunkByteCount)
    }

    /// As it goes over the wire.
    package var manifest: WireBlobManifest {
        var manifest = WireBlobManifest()
        manifest.byteCount = UInt64(byteCount)
        manifest.chunkHashes = chunkHashes.map { Data($0.bytes) }
        return manifest
    }
}
