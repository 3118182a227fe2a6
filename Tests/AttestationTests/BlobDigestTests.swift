import Attestation
import Testing

@Suite("Blob digests")
struct BlobDigestTests {
    static let block = BlobDigest.blockByteCount
    static let chunk = BlobDigest.chunkByteCount

    static func blob(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
            var state: UInt32 = 1
            for index in 0..<count {
                state = state &* 1_664_525 &+ 1_013_904_223
                buffer[index] = UInt8(truncatingIfNeeded: state >> 24)
            }
            initializedCount = count
        }
    }

    /// The root over 16 KiB blocks as RFC 6962 defines it, without chunks.
    static func definedDigest(_ blob: [UInt8]) -> Digest {
        MerkleTreeTests.definedRoot(leaves(blob[...])[...])
    }

    static func leaves(_ bytes: ArraySlice<UInt8>) -> [Digest] {
        stride(from: bytes.startIndex, to: bytes.endIndex, by: block).map {
            MerkleHash.leaf(Array(bytes[$0..<min($0 + block, bytes.endIndex)]))
        }
    }

    @Test(
        "A blob's digest is the Merkle root over its 16 KiB blocks, whatever the number of threads",
        arguments: [
            0, 1, 1000, block - 1, block, block + 1, 2 * block, 3 * block + 1, 4 * block - 1, 4 * block, 5 * block,
            17 * block + 9, chunk - block, chunk - 1, chunk, chunk + 1, chunk + block, 2 * chunk - 1, 3 * chunk,
            5 * chunk - 7, 5 * chunk + 7, 5 * chunk + 4 * block,
        ]
    )
    func definition(byteCount: Int) throws {
        let blob = Self.blob(byteCount)
        var tree = MerkleTree()
        tree.append(contentsOf: Self.leaves(blob[...]))
        let root = tree.root
        #expect(root == Self.definedDigest(blob))
        let hashes = stride(from: 0, to: byteCount, by: Self.chunk).map {
            MerkleTreeTests.definedRoot(Self.leaves(blob[$0..<min($0 + Self.chunk, byteCount)])[...])
        }
        #expect(BlobDigest.chunkCount(ofByteCount: byteCount) == hashes.count)
        for threads in [1, 2, 3, 16] {
            blob.withUnsafeBytes { bytes in
                #expect(BlobDigest.digest(of: bytes, threads: threads) == root)
                #expect(BlobDigest.chunkHashes(of: bytes, threads: threads) == hashes)
            }
        }
        #expect(BlobDigest.digest(of: blob) == root)
    }

    @Test("A chunk's hash is the same one block after the other and side by side", arguments: 1...64)
    func methods(blockCount: Int) {
        for missing in [0, 1, Self.block - 1] {
            let chunk = Self.blob(blockCount * Self.block - missing)
            let root = Self.definedDigest(chunk)
            for method in BlobDigest.Method.allCases {
                chunk.withUnsafeBytes { #expect(BlobDigest.chunkHash(of: $0, method: method) == root) }
            }
        }
    }

    @Test("A blob of up to one block has the digest that it always had: its leaf hash")
    func oneBlock() {
        for count in [1, 100, Self.block] {
            #expect(BlobDigest.digest(of: Self.blob(count)) == MerkleHash.leaf(Self.blob(count)))
        }
    }

    @Test("An empty blob has no chunks and the digest of the empty tree")
    func empty() {
        #expect(BlobDigest.chunkCount(ofByteCount: 0) == 0)
        #expect(BlobDigest.digest(ofParts: [], threads: 2) == MerkleHash.emptyRoot)
        #expect(BlobDigest.digest(of: []).hex == MerkleTreeTests.roots[0])
    }

    @Test(
        "How a blob is cut into parts does not show in its digest",
        arguments: [
            [0], [1], [100], [block], [block - 1, block + 1, 7 * block + 3, 8 * block], [chunk], [chunk - 1, chunk],
            [chunk + 1, 2 * chunk - 1], [5, 5, 9, 9, 9, 2 * chunk + 3],
            [0, 0, 3 * chunk + 11],
        ]
    )
    func parts(cuts: [Int]) {
        let blob = Self.blob(3 * Self.chunk + 11)
        let whole = BlobDigest.digest(of: blob)
        blob.withUnsafeBytes { bytes in
            let bounds = [0] + cuts + [blob.count]
            let parts = zip(bounds, bounds.dropFirst()).map { UnsafeRawBufferPointer(rebasing: bytes[$0..<$1]) }
            #expect(BlobDigest.digest(ofParts: parts, threads: 1) == whole)
            #expect(BlobDigest.digest(ofParts: parts, threads: 2) == whole)
        }
    }
}
