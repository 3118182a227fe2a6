/// The right edge of an RFC 6962 Merkle tree: enough to append and to know the root, in O(log n) memory.
///
/// Used where every leaf passes by once, as in replay; proofs need `MerkleTree`.
package struct CompactMerkleTree: Sendable, Equatable {
    /// Number of leaves.
    package private(set) var count: UInt64 = 0
    /// Roots of the full subtrees that the bits of `count` name, the largest (leftmost) first.
    package private(set) var peaks: [Digest] = []

    /// The tree without leaves.
    package init() {}

    /// Takes up a tree where it was left.
    ///
    /// - Throws: `AttestationError` with code `outOfRange` if `count` leaves do not have that many peaks.
    package init(count: UInt64, peaks: [Digest]) throws(AttestationError) {
        guard count.nonzeroBitCount == peaks.count else {
            throw AttestationError(
                .outOfRange,
                "a tree of \(count) leaves has \(count.nonzeroBitCount) peaks, not \(peaks.count)"
            )
        }
        self.count = count
        self.peaks = peaks
    }

    /// Appends a leaf by its hash (`MerkleHash.leaf`). Complexity: O(1) amortised, O(log n) at worst.
    package mutating func append(leafHash: Digest) {
        var carried = leafHash
        for _ in 0..<(~count).trailingZeroBitCount {
            carried = MerkleHash.node(peaks.removeLast(), carried)
        }
        peaks.append(carried)
        count += 1
    }

    /// Root over all leaves. Complexity: O(log n) hashes.
    package var root: Digest {
        guard var root = peaks.last else { return MerkleHash.emptyRoot }
        for peak in peaks.dropLast().reversed() { root = MerkleHash.node(peak, root) }
        return root
    }
}
