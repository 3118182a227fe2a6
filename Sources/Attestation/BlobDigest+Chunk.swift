extension BlobDigest {
    /// How blocks are hashed; the hashes are the same.
    package enum Method: CaseIterable, Sendable {
        /// One after the other.
        case single
        /// Side by side where there are enough of them and the processor gains by it.
        case lanes
    }

    /// Fewest blocks that are hashed side by side: any number up to sixteen takes as long as two single ones.
    private static let fewestBlocksInLanes = 4
    /// Fewest nodes that are hashed side by side.
    private static let fewestNodesInLanes = 8

    /// The hash of a chunk, which has 1 byte to `chunkByteCount`: the RFC 6962 root over its blocks.
    package static func chunkHash(of bytes: UnsafeRawBufferPointer, method: Method = .lanes) -> Digest {
        chunkHash(ofPieces: [bytes], method: method)
    }

    /// The hash of a chunk that lies in several pieces.
    static func chunkHash(ofPieces pieces: [UnsafeRawBufferPointer], method: Method = .lanes) -> Digest {
        let byteCount = pieces.reduce(0) { $0 + $1.count }
        precondition((1...chunkByteCount).contains(byteCount), "a chunk of \(byteCount) bytes")
        let count = (byteCount + blockByteCount - 1) / blockByteCount
        let usesLanes = method == .lanes && LaneHashing.isUseful
        return withUnsafeTemporaryAllocation(byteCount: count * Digest.byteCount, alignment: 64) { hashes in
            withUnsafeTemporaryAllocation(of: UnsafeRawPointer?.self, capacity: count) { messages in
                messages.initialize(repeating: nil)
                let wholeCount = lay(pieces, out: messages, hashes)
                hashLeaves(messages, to: hashes, inLanes: usesLanes && wholeCount >= fewestBlocksInLanes)
                return root(of: hashes, count: count, usesLanes: usesLanes)
            }
        }
    }

    /// Finds the blocks that lie in one piece each, and hashes the others, which straddle pieces or end the blob.
    ///
    /// - Returns: how many were found.
    private static func lay(
        _ pieces: [UnsafeRawBufferPointer], out blocks: UnsafeMutableBufferPointer<UnsafeRawPointer?>,
        _ hashes: UnsafeMutableRawBufferPointer
    ) -> Int {
        var wholeCount = 0
        var block = 0
        var hasher = SHA256.Hasher()
        /// Bytes that the block in the hasher still lacks; 0 if there is none in it.
        var lacking = 0
        for piece in pieces {
            var rest = piece[...]
            while !rest.isEmpty {
                if lacking == 0, rest.count >= blockByteCount {
                    blocks[block] = UnsafeRawBufferPointer(rebasing: rest).baseAddress
                    wholeCount += 1
                    block += 1
                    rest = rest.dropFirst(blockByteCount)
                    continue
                }
                if lacking == 0 {
                    hasher = SHA256.Hasher()
                    hasher.update(byte: 0x00)
                    lacking = blockByteCount
                }
                let taken = min(lacking, rest.count)
                hasher.update(UnsafeRawBufferPointer(rebasing: rest.prefix(taken)))
                rest = rest.dropFirst(taken)
                lacking -= taken
                if lacking == 0 {
                    store(hasher.finalize(), at: block, in: hashes)
                    block += 1
                }
            }
        }
        if lacking > 0 { store(hasher.finalize(), at: block, in: hashes) }
        return wholeCount
    }

    private static func hashLeaves(
        _ blocks: UnsafeMutableBufferPointer<UnsafeRawPointer?>, to hashes: UnsafeMutableRawBufferPointer,
        inLanes: Bool
    ) {
        if inLanes,
            LaneHashing.hash(
                prefix: 0x00, messages: UnsafeBufferPointer(blocks), byteCount: blockByteCount, to: hashes)
        {
            return
        }
        for (index, block) in blocks.enumerated() {
            guard let block else { continue }
            store(MerkleHash.leaf(UnsafeRawBufferPointer(start: block, count: blockByteCount)), at: index, in: hashes)
        }
    }

    /// Joins hashes level by level, in place. A last one without a sibling goes up as it is, which gives the tree of
    /// RFC 6962.
    private static func root(of hashes: UnsafeMutableRawBufferPointer, count: Int, usesLanes: Bool) -> Digest {
        var count = count
        while count > 1 {
            let pairs = count / 2
            if !(usesLanes && pairs >= fewestNodesInLanes && joinInLanes(hashes, pairs: pairs)) {
                for pair in 0..<pairs {
                    let node = MerkleHash.node(load(2 * pair, in: hashes), load(2 * pair + 1, in: hashes))
                    store(node, at: pair, in: hashes)
                }
            }
            if count % 2 == 1 { store(load(count - 1, in: hashes), at: pairs, in: hashes) }
            count = pairs + count % 2
        }
        return load(0, in: hashes)
    }

    /// Joins the hashes of one level in place; leaves them as they are where it cannot.
    private static func joinInLanes(_ hashes: UnsafeMutableRawBufferPointer, pairs: Int) -> Bool {
        let width = 2 * Digest.byteCount
        return withUnsafeTemporaryAllocation(of: UnsafeRawPointer?.self, capacity: pairs) { messages in
            for pair in 0..<pairs {
                messages.initializeElement(
                    at: pair, to: UnsafeRawBufferPointer(rebasing: hashes[(pair * width)...]).baseAddress)
            }
            return withUnsafeTemporaryAllocation(byteCount: pairs * Digest.byteCount, alignment: 64) { joined in
                guard
                    LaneHashing.hash(
                        prefix: 0x01, messages: UnsafeBufferPointer(messages), byteCount: width, to: joined)
                else { return false }
                hashes.copyMemory(from: UnsafeRawBufferPointer(joined))
                return true
            }
        }
    }

    private static func store(_ hash: Digest, at index: Int, in hashes: UnsafeMutableRawBufferPointer) {
        hash.withUnsafeBytes {
            UnsafeMutableRawBufferPointer(rebasing: hashes[(index * Digest.byteCount)...]).copyMemory(from: $0)
        }
    }

    private static func load(_ index: Int, in hashes: UnsafeMutableRawBufferPointer) -> Digest {
        let start = index * Digest.byteCount
        return Digest(unsafeBytes: UnsafeRawBufferPointer(rebasing: hashes[start..<start + Digest.byteCount]))
    }
}
