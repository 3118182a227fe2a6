extension MerkleTree {
    /// The audit path of a leaf in the tree of the first `size` leaves, leaf's sibling first (RFC 6962 §2.1.1).
    ///
    /// Complexity: O(log n) hashes.
    ///
    /// - Throws: `AttestationError` with code `outOfRange` if the tree has fewer than `size` leaves or `index` is not
    ///   among them.
    package func inclusionProof(of index: UInt64, inSize size: UInt64) throws(AttestationError) -> [Digest] {
        let size = try checked(size: size)
        guard index < UInt64(size) else {
            throw AttestationError(.outOfRange, "no leaf \(index) in a tree of \(size) leaves")
        }
        return path(fromLevel: 0, index: Int(index), size: size)
    }

    /// The proof that the tree of the first `oldSize` leaves is a prefix of that of `newSize` (RFC 6962 §2.1.2).
    ///
    /// Complexity: O(log n) hashes.
    ///
    /// - Throws: `AttestationError` with code `outOfRange` unless 0 < `oldSize` ≤ `newSize` ≤ `count`. From size 0
    ///   there is nothing to prove, and `MerkleProof` refuses such proofs as RFC 9162 does.
    package func consistencyProof(
        from oldSize: UInt64,
        to newSize: UInt64
    ) throws(AttestationError) -> [Digest] {
        let new = try checked(size: newSize)
        guard oldSize > 0, oldSize <= newSize else {
            throw AttestationError(
                .outOfRange,
                "a consistency proof goes from a size of at least 1 up, not from \(oldSize) to \(newSize)"
            )
        }
        guard oldSize < newSize else { return [] }
        let old = Int(oldSize)
        let level = old.trailingZeroBitCount
        let index = (old >> level) - 1
        let above = path(fromLevel: level, index: index, size: new)
        return index == 0 ? above : [levels[level][index]] + above
    }

    /// Siblings on the way from a full node up to the root of the first `size` leaves.
    private func path(fromLevel start: Int, index: Int, size: Int) -> [Digest] {
        var path: [Digest] = []
        var index = index
        var level = 0
        // Root of the leaves right of the last full node of `level`, if there are any.
        var partial: Digest?
        while (size - 1) >> level > 0 {
            let fullCount = size >> level
            if level >= start {
                let sibling = index ^ 1
                if sibling < fullCount {
                    path.append(levels[level][sibling])
                } else if sibling == fullCount, let partial {
                    path.append(partial)
                }
                index >>= 1
            }
            if fullCount & 1 == 1 {
                let left = levels[level][fullCount - 1]
                partial = partial.map { MerkleHash.node(left, $0) } ?? left
            }
            level += 1
        }
        return path
    }
}
