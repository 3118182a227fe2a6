import Attestation
import Tensors
import TestSupport
import Testing

@Suite("Merkle trees")
struct MerkleTreeTests {
    /// The eight inputs of the RFC 6962 reference tests, and the root over the first n of them.
    static let inputs: [[UInt8]] = [
        [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43],
        [0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57], Array(0x60...0x6F),
    ]
    static let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]

    static func leaves(_ count: Int) -> [Digest] {
        (0..<count).map { MerkleHash.leaf([UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)]) }
    }

    /// RFC 6962 §2.1 as it is written, by recursion.
    static func definedRoot(_ leaves: ArraySlice<Digest>) -> Digest {
        guard let first = leaves.first else { return SHA256.hash([]) }
        guard leaves.count > 1 else { return first }
        var split = 1
        while split * 2 < leaves.count { split *= 2 }
        let middle = leaves.startIndex + split
        return MerkleHash.node(definedRoot(leaves[..<middle]), definedRoot(leaves[middle...]))
    }

    @Test("The roots over the eight RFC 6962 inputs are the published ones, at every size")
    func publishedRoots() throws {
        var tree = MerkleTree()
        var compact = CompactMerkleTree()
        for (count, hex) in Self.roots.enumerated() {
            if count > 0 {
                tree.append(leafHash: MerkleHash.leaf(Self.inputs[count - 1]))
                compact.append(leafHash: MerkleHash.leaf(Self.inputs[count - 1]))
            }
            #expect(tree.root.hex == hex)
            #expect(compact.root.hex == hex)
            #expect(tree.count == UInt64(count) && compact.count == UInt64(count))
        }
        for (count, hex) in Self.roots.enumerated() { #expect(try tree.root(atSize: UInt64(count)).hex == hex) }
        #expect(MerkleHash.emptyRoot.hex == Self.roots[0])
    }

    @Test("Up to 300 leaves, both trees have the root that the definition gives, and a tree knows its past roots")
    func rootsByDefinition() throws {
        let leaves = Self.leaves(300)
        var tree = MerkleTree()
        tree.append(contentsOf: leaves)
        var compact = CompactMerkleTree()
        for size in 0...leaves.count {
            let root = Self.definedRoot(leaves[..<size])
            #expect(try tree.root(atSize: UInt64(size)) == root)
            #expect(compact.root == root)
            #expect(try CompactMerkleTree(count: compact.count, peaks: compact.peaks) == compact)
            if size < leaves.count { compact.append(leafHash: leaves[size]) }
        }
        #expect(try tree.leafHash(at: 299) == leaves[299])
    }

    @Test("At every size to 64, every inclusion proof verifies; at another leaf, changed, shorter or longer, none does")
    func inclusionProofs() throws {
        let leaves = Self.leaves(64)
        var tree = MerkleTree()
        tree.append(contentsOf: leaves)
        var generator = SeededGenerator(seed: 1, stream: "inclusion")
        for size in 1...UInt64(64) {
            let root = try tree.root(atSize: size)
            for index in 0..<size {
                let leaf = leaves[Int(index)]
                let proof = try tree.inclusionProof(of: index, inSize: size)
                let holds = { (leaf: Digest, index: UInt64, proof: [Digest], root: Digest) -> Bool in
                    Self.holds {
                        try MerkleProof.verifyInclusion(
                            leafHash: leaf,
                            index: index,
                            size: size,
                            proof: proof,
                            root: root
                        )
                    }
                }
                #expect(holds(leaf, index, proof, root))
                #expect(!holds(leaf, (index + 1) % (size + 1), proof, root))
                #expect(!holds(leaf, size, proof, root))
                for bit in Self.bits(size: size, &generator) {
                    #expect(!holds(try Self.flip(bit, of: leaf), index, proof, root))
                    #expect(!holds(leaf, index, proof, try Self.flip(bit, of: root)))
                    for place in proof.indices {
                        var changed = proof
                        changed[place] = try Self.flip(bit, of: proof[place])
                        #expect(!holds(leaf, index, changed, root))
                    }
                }
                #expect(proof.isEmpty || !holds(leaf, index, proof.dropLast(), root))
                #expect(proof.isEmpty || !holds(leaf, index, Array(proof.dropFirst()), root))
                #expect(!holds(leaf, index, proof + [root], root))
                #expect(!holds(leaf, index, [root] + proof, root))
            }
        }
    }

    @Test(
        "From every size to every size to 64, the consistency proof verifies; changed, shorter or longer, it does not"
    )
    func consistencyProofs() throws {
        var tree = MerkleTree()
        tree.append(contentsOf: Self.leaves(64))
        var generator = SeededGenerator(seed: 2, stream: "consistency")
        for newSize in 1...UInt64(64) {
            let newRoot = try tree.root(atSize: newSize)
            for oldSize in 1...newSize {
                let oldRoot = try tree.root(atSize: oldSize)
                let proof = try tree.consistencyProof(from: oldSize, to: newSize)
                let holds = { (proof: [Digest], oldRoot: Digest, newRoot: Digest) -> Bool in
                    Self.holds {
                        try MerkleProof.verifyConsistency(
                            from: oldSize,
                            to: newSize,
                            proof: proof,
                            oldRoot: oldRoot,
                            newRoot: newRoot
                        )
                    }
                }
                #expect(holds(proof, oldRoot, newRoot))
                #expect(oldSize == newSize || !holds(proof, newRoot, oldRoot))
                for bit in Self.bits(size: newSize, &generator) {
                    #expect(!holds(proof, try Self.flip(bit, of: oldRoot), newRoot))
                    #expect(!holds(proof, oldRoot, try Self.flip(bit, of: newRoot)))
                    for place in proof.indices {
                        var changed = proof
                        changed[place] = try Self.flip(bit, of: proof[place])
                        #expect(!holds(changed, oldRoot, newRoot))
                    }
                }
                #expect(proof.isEmpty || !holds(proof.dropLast(), oldRoot, newRoot))
                #expect(proof.isEmpty || !holds(Array(proof.dropFirst()), oldRoot, newRoot))
                #expect(!holds(proof + [newRoot], oldRoot, newRoot))
                #expect(!holds([oldRoot] + proof, oldRoot, newRoot))
            }
        }
    }

    @Test("Leaves and sizes that a tree does not have are refused, and so are endless proofs")
    func outOfRange() throws {
        var tree = MerkleTree()
        tree.append(contentsOf: Self.leaves(5))
        let error = AttestationError(.outOfRange, "")
        #expect(throws: error) { try tree.root(atSize: 6) }
        #expect(throws: error) { try tree.root(atSize: .max) }
        #expect(throws: error) { try tree.leafHash(at: 5) }
        #expect(throws: error) { try tree.inclusionProof(of: 5, inSize: 5) }
        #expect(throws: error) { try tree.inclusionProof(of: 3, inSize: 3) }
        #expect(throws: error) { try tree.inclusionProof(of: 0, inSize: 6) }
        #expect(throws: error) { try tree.consistencyProof(from: 0, to: 5) }
        #expect(throws: error) { try tree.consistencyProof(from: 4, to: 3) }
        #expect(throws: error) { try tree.consistencyProof(from: 4, to: 6) }
        #expect(throws: error) { try CompactMerkleTree(count: 5, peaks: Self.leaves(3)) }
        let endless = [Digest](repeating: .zero, count: AttestationLimits.proofHashCount + 1)
        #expect(throws: AttestationError(.limitExceeded, "")) {
            try MerkleProof.verifyInclusion(leafHash: .zero, index: 0, size: .max, proof: endless, root: .zero)
        }
        #expect(throws: AttestationError(.limitExceeded, "")) {
            try MerkleProof.verifyConsistency(from: 3, to: .max, proof: endless, oldRoot: .zero, newRoot: .zero)
        }
    }

    /// Every bit of a hash in the smallest trees, one drawn bit in the others.
    static func bits(size: UInt64, _ generator: inout SeededGenerator) -> [Int] {
        size <= 5 ? Array(0..<256) : [generator.nextIndex(below: 256)]
    }

    static func flip(_ bit: Int, of digest: Digest) throws -> Digest {
        var bytes = digest.bytes
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        return try Digest(bytes: bytes)
    }

    static func holds(_ check: () throws -> Void) -> Bool {
        do {
            try check()
            return true
        } catch {
            return false
        }
    }
}
