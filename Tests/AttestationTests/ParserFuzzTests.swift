import Attestation
import TestSupport
import Testing

/// Whatever the bytes, a parser throws its own error or gives a value that is written back to the same bytes.
@Suite("Hostile input")
struct ParserFuzzTests {
    static let log = Result { try SignedNoteTests.signer("example.org/ledger", seed: 5) }
    static let checkpoint = "example.org/ledger\n9007199254740993\n\(CheckpointTests.root)\n"

    /// Calls `read` with mutations; what it throws must be an `AttestationError`. Gives how many inputs were taken.
    static func accepted(seed: UInt64, _ seeds: [String], _ read: ([UInt8]) throws -> Void) -> Int {
        var mutator = Mutator(seed: seed)
        let seeds = seeds.map { Array($0.utf8) }
        var count = 0
        for _ in 0..<Mutator.inputCount {
            do {
                try read(mutator.mutate(seeds))
                count += 1
            } catch {
                #expect(error is AttestationError)
            }
        }
        return count
    }

    @Test("A mutated note is refused or written back the same, and verifies only where its text was left alone")
    func notes() throws {
        let log = try Self.log.get()
        let witness = try SignedNoteTests.signer("witness", seed: 6)
        let texts = [Self.checkpoint, "a\n\nb\n"]
        let seeds = try texts.map { try witness.sign(log.sign($0)).encoded }
        let count = Self.accepted(seed: 1, seeds) { bytes in
            let note = try SignedNote(parsing: bytes)
            #expect(Array(note.encoded.utf8) == bytes)
            if MerkleTreeTests.holds({ try note.verified(by: [log.verifier]) }) {
                #expect(texts.contains { $0.utf8.elementsEqual(note.text.utf8) })
            }
        }
        #expect(count > 0)
    }

    @Test("A mutated checkpoint is refused or written back the same")
    func checkpoints() {
        let seeds = [Self.checkpoint, Self.checkpoint + "extension\n", "l\n0\n\(CheckpointTests.root)\n"]
        let count = Self.accepted(seed: 2, seeds) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            let checkpoint = try Checkpoint(text: text)
            #expect(checkpoint.text.utf8.elementsEqual(text.utf8))
        }
        #expect(count > 0)
    }

    @Test("A mutated key line is refused, or is the same key's line")
    func keyLines() throws {
        let vkey = try Self.log.get().verifier.vkey
        let skey = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
        _ = Self.accepted(seed: 3, [vkey, "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"]) {
            let text = String(decoding: $0, as: UTF8.self)
            let verifier = try NoteVerifier(vkey: text)
            #expect(verifier.vkey.utf8.elementsEqual(text.utf8))
        }
        _ = Self.accepted(seed: 4, [skey]) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            let name = try NoteSigner(skey: text).verifier.name
            #expect(text.utf8.starts(with: "PRIVATE+KEY+\(name)+".utf8))
        }
    }

    @Test("A mutated did:key is refused, or names a key that is written the same")
    func identifiers() throws {
        let seeds = [DIDTests.published, "did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc"]
        let count = Self.accepted(seed: 5, seeds) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            let key = try PublicKey(did: text)
            #expect(key.did.utf8.elementsEqual(text.utf8))
        }
        #expect(count > 0)
    }
}
