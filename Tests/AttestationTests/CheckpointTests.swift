import Attestation
import TestSupport
import Testing

@Suite("Checkpoints")
struct CheckpointTests {
    static let root = "3fF9PHSfhJ5tMpTh43ZpB9HWZ3O5wSVBeN6WXY4M8sI="

    @Test("A checkpoint is written in three lines, signed, and read back")
    func roundTrip() throws {
        let log = try SignedNoteTests.signer("example.org/ledger", seed: 4)
        let checkpoint = try Checkpoint(origin: "example.org/ledger", size: 0, root: MerkleHash.emptyRoot)
        #expect(checkpoint.text == "example.org/ledger\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")
        let note = try SignedNote(parsing: checkpoint.signed(by: log).encoded)
        #expect(try note.verified(by: [log.verifier]) == ["example.org/ledger"])
        let read = try Checkpoint(text: note.text)
        #expect(read.origin == "example.org/ledger" && read.size == 0 && read.root == MerkleHash.emptyRoot)
        #expect(read.extensions.isEmpty)
    }

    @Test("Extension lines are read and kept, but not signed")
    func extensions() throws {
        let text = "log\n18446744073709551615\n\(Self.root)\nkey value\nother\n"
        let checkpoint = try Checkpoint(text: text)
        #expect(checkpoint.size == .max)
        #expect(checkpoint.extensions == ["key value", "other"])
        #expect(checkpoint.text == text)
        let log = try SignedNoteTests.signer("log", seed: 4)
        #expect(throws: AttestationError(.invalidCheckpoint, "")) { try checkpoint.signed(by: log) }
        let many = String(repeating: "x\n", count: AttestationLimits.checkpointExtensionCount)
        #expect(try Checkpoint(text: "log\n1\n\(Self.root)\n\(many)").extensions.count == 64)
        #expect(throws: AttestationError(.limitExceeded, "")) {
            try Checkpoint(text: "log\n1\n\(Self.root)\n\(many)x\n")
        }
    }

    @Test(
        "A checkpoint not written the one canonical way is refused",
        arguments: [
            "", "\n", "log\n1\n", "log\n1\n\(root)", "\n1\n\(root)\n", "log\n\n\(root)\n", "log\n01\n\(root)\n",
            "log\n00\n\(root)\n", "log\n+1\n\(root)\n", "log\n-1\n\(root)\n", "log\n 1\n\(root)\n",
            "log\n1e3\n\(root)\n",
            "log\n18446744073709551616\n\(root)\n", "log\n\u{0661}\n\(root)\n", "log\n1\n\(root)=\n",
            "log\n1\n\(root) \n",
            "log\n1\n\(root.dropLast(1))\n", "log\n1\n\(root.dropLast(2))J=\n", "log\n1\nAAAA\n", "log\n1\n\(root)\n\n",
            "log\n1\n\(root)\nx\n\n", "log\n1\n\n\(root)\n", "log\r\n1\n\(root)\n", "log\n1\n\(root)\nx\u{0}\n",
        ]
    )
    func malformed(text: String) {
        #expect(throws: AttestationError(.invalidCheckpoint, "")) { try Checkpoint(text: text) }
    }

    @Test("An origin with control characters, or none, is refused")
    func origins() {
        for origin in ["", "a\nb", "a\tb", String(repeating: "a", count: 1_025)] {
            #expect(throws: AttestationError(.invalidCheckpoint, "")) {
                try Checkpoint(origin: origin, size: 1, root: .zero)
            }
        }
    }

    @Test(
        "Both published logs: at every size to 15 the signed checkpoint has the root over the leaves, consistently",
        .enabled(if: SharedData.isPresent, "\(SharedData.absence)"),
        arguments: ["serverless-log", "tessera"]
    )
    func publishedLogs(folder: String) throws {
        let vectors = try NoteVectors.load()
        let verifiers = try Set(vectors.notes.map(\.vkey)).map { vkey in try NoteVerifier(vkey: vkey) }
        var tree = MerkleTree()
        tree.append(contentsOf: vectors.leaves.map { MerkleHash.leaf(Array($0.utf8)) })
        #expect(tree.count == 15)
        var previous: Checkpoint?
        for size in UInt64(0)...15 {
            let note = try SignedNote(parsing: SharedData.bytes("tlog/\(folder)/checkpoint.\(size)"))
            #expect(try note.verified(by: verifiers).count == 1)
            let checkpoint = try Checkpoint(text: note.text)
            #expect(checkpoint.text == note.text)
            #expect(checkpoint.size == size)
            #expect(try checkpoint.root == tree.root(atSize: size))
            if let previous, previous.size > 0 {
                try MerkleProof.verifyConsistency(
                    from: previous.size,
                    to: size,
                    proof: tree.consistencyProof(from: previous.size, to: size),
                    oldRoot: previous.root,
                    newRoot: checkpoint.root
                )
            }
            previous = checkpoint
        }
    }
}
