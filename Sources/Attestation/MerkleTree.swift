/// An append-only RFC 6962 Merkle tree that keeps every full node in memory.
///
/// `levels[k][i]` is the root of the 2^k leaves from leaf i·2^k on; only full nodes are kept, about 64 bytes a leaf.
/// Indices and sizes are `UInt64`, as in checkpoints and proofs.
package struct MerkleTree: Sendable {
    /// Full nodes by level, leaves first.
    private(set) var levels: [[Digest]] = [[]]

    /// The tree without leaves.
    package init() {}

    /// Number of leaves.
    package var count: UInt64 { UInt64(levels[0].count) }

    /// Appends a leaf by its hash (`MerkleHash.leaf`). Complexity: O(1) amortised, O(log n) at worst.
    package mutating func append(leafHash: Digest) {
        levels[0].append(leafHash)
        var level = 0
        while levels[level].count.isMultiple(of: 2) {
            let last = levels[level].count - 1
            let parent = MerkleHash.node(levels[level][last - 1], levels[level][last])
            level += 1
            if level == levels.count { levels.append([]) }
            levels[level].append(parent)
        }
    }

    /// Appends leaves by their hashes, in order.
    package mutating func append(contentsOf leafHashes: some Sequence<Digest>) {
        for hash in leafHashes { append(leafHash: hash) }
    }

    /// Root over all leaves. Complexity: O(log n) hashes.
    package var root: Digest { root(ofFirst: levels[0].count) }

    /// Root as it was when the tree had `size` leaves. Complexity: O(log n) hashes.
    ///
    /// - Throws: `AttestationError` with code `outOfRange` if the tree has fewer leaves.
    package func root(atSize size: UInt64) throws(AttestationError) -> Digest {
        root(ofFirst: try checked(size: size))
    }

    /// The hash of one leaf.
    ///
    /// - Throws: `AttestationError` with code `outOfRange` if there is no such leaf.
    package func leafHash(at index: UInt64) throws(AttestationError) -> Digest {
        guard index < count else {
            throw AttestationError(.outOfRange, "no leaf \(index) in a tree of \(count) leaves")
        }
        return levels[0][Int(index)]
    }

    /// The size as an index type, if the tree has as many leaves.
    func checked(size: UInt64) throws(AttestationError) -> Int {
        guard size <= count else {
            throw AttestationError(.outOfRange, "the tree has \(count) leaves, not \(size)")
        }
        return Int(size)
    }

    /// The bits of a size name its full subtrees, the largest leftmost; they are joined from the right.
    private func root(ofFirst size: Int) -> Digest {
        var root: Digest?
        for level in levels.indices where size >> level & 1 == 1 {
            let left = levels[level][(size >> level) - 1]
            root = root.map { MerkleHash.node(left, $0) } ?? left
        }
        return root ?? MerkleHash.emptyRoot
    }
}
