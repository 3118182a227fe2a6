internal import Dispatch

/// The digest of a model, an update or any other blob: the RFC 6962 Merkle root over its 16 KiB blocks.
///
/// Every block but the last has `blockByteCount` bytes, the last has at least one; an empty blob has none, and its
/// digest is that of the empty tree, SHA-256 of nothing. Blobs travel in chunks of 64 blocks. A chunk's hash is the
/// root over its own blocks, so that it can be checked on arrival, alone; as 64 is a power of two, chunks are whole
/// subtrees, and the root over their hashes is the root over all blocks. The number of threads changes the time and
/// nothing else.
package enum BlobDigest {
    /// Bytes of every block but the last: 16 KiB.
    package static let blockByteCount = 1 << 14
    /// Bytes of every chunk but the last: 1 MiB.
    package static let chunkByteCount = 1 << 20

    /// Number of chunks of a blob.
    package static func chunkCount(ofByteCount byteCount: Int) -> Int {
        precondition(byteCount >= 0, "a blob of \(byteCount) bytes")
        return byteCount / chunkByteCount + (byteCount % chunkByteCount == 0 ? 0 : 1)
    }

    /// The digest of a blob that lies in one piece.
    package static func digest(of bytes: UnsafeRawBufferPointer, threads: Int) -> Digest {
        digest(ofParts: [bytes], threads: threads)
    }

    /// The digest of a blob that lies in one piece.
    package static func digest(of bytes: [UInt8], threads: Int = 1) -> Digest {
        bytes.withUnsafeBytes { digest(of: $0, threads: threads) }
    }

    /// The digest of a blob that lies in several pieces, such as a header and values; chunks may straddle them.
    package static func digest(ofParts parts: [UnsafeRawBufferPointer], threads: Int) -> Digest {
        digest(ofChunkHashes: chunkHashes(ofParts: parts, threads: threads))
    }

    /// The digest of a blob whose chunks hash to these.
    package static func digest(ofChunkHashes hashes: some Sequence<Digest>) -> Digest {
        var tree = CompactMerkleTree()
        for hash in hashes { tree.append(leafHash: hash) }
        return tree.root
    }

    /// The hash of every chunk of a blob that lies in one piece, in order.
    package static func chunkHashes(of bytes: UnsafeRawBufferPointer, threads: Int) -> [Digest] {
        chunkHashes(ofParts: [bytes], threads: threads)
    }

    /// The hash of every chunk of a blob that lies in several pieces, in order.
    package static func chunkHashes(ofParts parts: [UnsafeRawBufferPointer], threads: Int) -> [Digest] {
        precondition(threads > 0, "hashing needs a thread")
        let pieces = ChunkPieces(parts)
        let count = chunkCount(ofByteCount: pieces.byteCount)
        let workers = min(threads, count)
        return [Digest](unsafeUninitializedCapacity: count) { hashes, initializedCount in
            let slots = HashSlots(hashes)
            if workers > 1 {
                DispatchQueue.concurrentPerform(iterations: workers) { worker in
                    for chunk in count * worker / workers..<count * (worker + 1) / workers {
                        slots.set(chunk, pieces.hash(ofChunk: chunk))
                    }
                }
            } else {
                for chunk in 0..<count { slots.set(chunk, pieces.hash(ofChunk: chunk)) }
            }
            initializedCount = count
        }
    }
}

/// A blob in pieces, read by chunk. The memory is the caller's and only read while the call lasts, hence `Sendable`.
private struct ChunkPieces: @unchecked Sendable {
    let parts: [UnsafeRawBufferPointer]
    /// First byte of each part, counted from the start of the blob.
    let starts: [Int]
    let byteCount: Int

    init(_ parts: [UnsafeRawBufferPointer]) {
        var starts: [Int] = []
        var total = 0
        for part in parts {
            starts.append(total)
            total += part.count
        }
        self.parts = parts
        self.starts = starts
        byteCount = total
    }

    func hash(ofChunk chunk: Int) -> Digest {
        let range = chunk * BlobDigest.chunkByteCount..<min(byteCount, (chunk + 1) * BlobDigest.chunkByteCount)
        var pieces: [UnsafeRawBufferPointer] = []
        for index in firstPart(endingAfter: range.lowerBound)..<parts.count {
            guard starts[index] < range.upperBound else { break }
            let lower = max(range.lowerBound, starts[index]) - starts[index]
            let upper = min(range.upperBound - starts[index], parts[index].count)
            pieces.append(UnsafeRawBufferPointer(rebasing: parts[index][lower..<upper]))
        }
        return BlobDigest.chunkHash(ofPieces: pieces)
    }

    /// Index of the first part with bytes at or after the offset, by bisection.
    private func firstPart(endingAfter offset: Int) -> Int {
        var lower = 0
        var upper = parts.count
        while lower < upper {
            let middle = (lower + upper) / 2
            if starts[middle] + parts[middle].count > offset { upper = middle } else { lower = middle + 1 }
        }
        return lower
    }
}

/// Places for hashes, each written once by one thread, hence `Sendable`.
private struct HashSlots: @unchecked Sendable {
    private let base: UnsafeMutablePointer<Digest>?

    init(_ buffer: UnsafeMutableBufferPointer<Digest>) {
        base = buffer.baseAddress
    }

    func set(_ index: Int, _ hash: Digest) {
        base?.advanced(by: index).initialize(to: hash)
    }
}
