/// Checks of RFC 6962 Merkle proofs, as RFC 9162 spells them out. Nothing but the arguments is trusted.
package enum MerkleProof {
    /// Checks that a leaf is at `index` in the tree of `size` leaves with that root (RFC 9162 §2.1.3.2).
    ///
    /// - Throws: `AttestationError` with code `outOfRange` if `index` is not below `size`, `limitExceeded` for a proof
    ///   no tree needs, `invalidProof` if the proof has the wrong length or leads to another root.
    package static func verifyInclusion(
        leafHash: Digest,
        index: UInt64,
        size: UInt64,
        proof: [Digest],
        root: Digest
    ) throws(AttestationError) {
        guard index < size else {
            throw AttestationError(.outOfRange, "no leaf \(index) in a tree of \(size) leaves")
        }
        try checkLength(proof)
        var node = index
        var last = size - 1
        var computed = leafHash
        for hash in proof {
            guard last > 0 else { throw tooLong(proof) }
            if node & 1 == 1 || node == last {
                computed = MerkleHash.node(hash, computed)
                skipMissingSiblings(&node, &last)
            } else {
                computed = MerkleHash.node(computed, hash)
            }
            node >>= 1
            last >>= 1
        }
        guard last == 0 else { throw tooShort(proof) }
        guard computed == root else {
            throw AttestationError(
                .invalidProof,
                "the inclusion proof of leaf \(index) leads to root \(computed), not to \(root)"
            )
        }
    }

    /// Checks that the tree of `oldSize` leaves is a prefix of the tree of `newSize` (RFC 9162 §2.1.4.2).
    ///
    /// - Throws: `AttestationError` with code `outOfRange` unless 0 < `oldSize` ≤ `newSize` (size 0 is the caller's
    ///   case: there is nothing to prove), `limitExceeded` for a proof no tree needs, `invalidProof` if the proof has
    ///   the wrong length or leads to another old or new root.
    package static func verifyConsistency(
        from oldSize: UInt64,
        to newSize: UInt64,
        proof: [Digest],
        oldRoot: Digest,
        newRoot: Digest
    ) throws(AttestationError) {
        guard oldSize > 0, oldSize <= newSize else {
            throw AttestationError(
                .outOfRange,
                "a consistency proof goes from a size of at least 1 up, not from \(oldSize) to \(newSize)"
            )
        }
        try checkLength(proof)
        if oldSize == newSize {
            guard proof.isEmpty else { throw tooLong(proof) }
            guard oldRoot == newRoot else {
                throw AttestationError(.invalidProof, "two roots of one size \(oldSize): \(oldRoot) and \(newRoot)")
            }
            return
        }
        guard let first = proof.first else { throw tooShort(proof) }
        // Where the old tree is one full subtree its root is the first hash, and the proof leaves it out.
        let startsAtOldRoot = oldSize.nonzeroBitCount == 1
        var old = startsAtOldRoot ? oldRoot : first
        var new = old
        var node = (oldSize - 1) >> UInt64(oldSize.trailingZeroBitCount)
        var last = (newSize - 1) >> UInt64(oldSize.trailingZeroBitCount)
        for hash in proof.dropFirst(startsAtOldRoot ? 0 : 1) {
            guard last > 0 else { throw tooLong(proof) }
            if node & 1 == 1 || node == last {
                old = MerkleHash.node(hash, old)
                new = MerkleHash.node(hash, new)
                skipMissingSiblings(&node, &last)
            } else {
                new = MerkleHash.node(new, hash)
            }
            node >>= 1
            last >>= 1
        }
        guard last == 0 else { throw tooShort(proof) }
        guard old == oldRoot, new == newRoot else {
            throw AttestationError(
                .invalidProof,
                "the consistency proof from \(oldSize) to \(newSize) leads to roots \(old) and \(new)"
            )
        }
    }

    /// A last node without a right sibling is its own parent: climbs to the level where it is a right child.
    private static func skipMissingSiblings(_ node: inout UInt64, _ last: inout UInt64) {
        while node & 1 == 0, node != 0 {
            node >>= 1
            last >>= 1
        }
    }

    private static func checkLength(_ proof: [Digest]) throws(AttestationError) {
        guard proof.count <= AttestationLimits.proofHashCount else {
            throw AttestationError(
                .limitExceeded,
                "a proof of \(proof.count) hashes; the limit is \(AttestationLimits.proofHashCount)"
            )
        }
    }

    private static func tooLong(_ proof: [Digest]) -> AttestationError {
        AttestationError(.invalidProof, "a proof of \(proof.count) hashes is too long for the sizes given")
    }

    private static func tooShort(_ proof: [Digest]) -> AttestationError {
        AttestationError(.invalidProof, "a proof of \(proof.count) hashes is too short for the sizes given")
    }
}
