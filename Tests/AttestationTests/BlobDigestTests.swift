import Attestation
import Testing

@Suite("Blob digests")
struct BlobDigestTests {
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

    @Test(
        "A blob's digest is the Merkle root over its 1 MiB chunks, whatever the number of threads",
        arguments: [0, 1, 1000, chunk - 1, chunk, chunk + 1, 3 * chunk, 5 * chunk - 7]
    )
    func definition(byteCount: Int) throws {
        let blob = Self.blob(byteCount)
        let leaves = stride(from: 0, to: byteCount, by: Self.chunk).map {
            MerkleHash.leaf(Array(blob[$0..<min($0 + Self.chunk, byteCount)]))
        }
        let root = MerkleTreeTests.definedRoot(leaves[...])
        #expect(BlobDigest.chunkCount(ofByteCount: byteCount) == leaves.count)
        for threads in [1, 2, 3, 16] {
            blob.withUnsafeBytes { bytes in
                #expect(BlobDigest.digest(of: bytes, threads: threads) == root)
                #expect(BlobDigest.chunkHashes(of: bytes, threads: threads) == leaves)
            }
        }
        #expect(BlobDigest.digest(of: blob) == root)
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
            [0], [1], [100], [chunk], [chunk - 1, chunk], [chunk + 1, 2 * chunk - 1], [5, 5, 9, 9, 9, 2 * chunk + 3],
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
