import Attestation
import TestSupport
import Testing

@Suite("Signed notes")
struct SignedNoteTests {
    static func signer(_ name: String, seed: UInt8) throws -> NoteSigner {
        try NoteSigner(name: name, key: SigningKey(seed: [UInt8](repeating: seed, count: 32)))
    }

    @Test(
        "All 39 published notes are read, verify with their key, and are written back to the byte",
        .enabled(if: SharedData.isPresent, "\(SharedData.absence)")
    )
    func publishedNotes() throws {
        let vectors = try NoteVectors.load()
        #expect(vectors.notes.count == 39)
        for vector in vectors.notes {
            let verifier = try NoteVerifier(vkey: vector.vkey)
            #expect(verifier.vkey == vector.vkey)
            let note = try SignedNote(parsing: vector.note)
            #expect(note.text == vector.text)
            #expect(note.encoded == vector.note)
            #expect(try note.verified(by: [verifier]) == [verifier.name], "\(vector.name)")
        }
    }

    @Test(
        "The published private keys sign the same notes again, byte for byte",
        .enabled(if: SharedData.isPresent, "\(SharedData.absence)")
    )
    func publishedKeys() throws {
        var count = 0
        for vector in try NoteVectors.load().notes {
            guard let skey = vector.skey else { continue }
            let signer = try NoteSigner(skey: skey)
            #expect(signer.verifier.vkey == vector.vkey)
            #expect(try signer.sign(vector.text).encoded == vector.note)
            count += 1
        }
        #expect(count > 0)
    }

    @Test(
        "Go's example with two signatures comes out to the byte; its second key has the all-zero seed",
        .enabled(if: SharedData.isPresent, "\(SharedData.absence)")
    )
    func twoSignatures() throws {
        let notes = try NoteVectors.load().notes
        let one = try #require(notes.first { $0.name == "peterneumann-single" })
        let two = try #require(notes.first { $0.name == "peterneumann-enochroot-two-signatures" })
        let second = try Self.signer("EnochRoot", seed: 0)
        let note = try second.sign(SignedNote(parsing: one.note))
        #expect(note.encoded == two.note)
        let first = try NoteVerifier(vkey: one.vkey)
        #expect(try note.verified(by: [second.verifier, first]) == ["PeterNeumann", "EnochRoot"])
    }

    @Test("The published malformed keys are refused", .enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
    func publishedBadKeys() throws {
        let codes = try NoteVectors.load().badKeys.map { bad in
            #expect(throws: AttestationError.self, "\(bad.why)") { try NoteVerifier(vkey: bad.vkey) }?.code
        }
        // The first is also not canonical base 64, which is found before its length is.
        #expect(codes == [.invalidNoteKey, .unsupportedAlgorithm])
    }

    @Test("Unknown keys are ignored, a known key that fails sinks the note, and no known key is an error")
    func trust() throws {
        let log = try Self.signer("example.org/log", seed: 1)
        let witness = try Self.signer("witness", seed: 2)
        let stranger = try Self.signer("witness", seed: 3)
        let note = try witness.sign(log.sign("a text\n"))
        #expect(try note.verified(by: [log.verifier]) == ["example.org/log"])
        #expect(try note.verified(by: [stranger.verifier, log.verifier]) == ["example.org/log"])
        #expect(throws: AttestationError(.unknownSigner, "")) { try note.verified(by: [stranger.verifier]) }
        #expect(throws: AttestationError(.unknownSigner, "")) { try note.verified(by: []) }

        let forged = try SignedNote(parsing: note.encoded.replacing("a text", with: "b text"))
        #expect(throws: AttestationError(.invalidSignature, "")) { try forged.verified(by: [log.verifier]) }

        let other = try log.sign("another text\n").encoded.split(separator: "\n\n")[1]
        let mixed = try SignedNote(parsing: note.encoded + other)
        #expect(throws: AttestationError(.invalidSignature, "")) {
            try mixed.verified(by: [witness.verifier, log.verifier])
        }
        #expect(try mixed.verified(by: [witness.verifier]) == ["witness"])
    }

    @Test("The last empty line divides text and signatures, so a text may have empty lines and dashes of its own")
    func textWithEmptyLines() throws {
        let log = try Self.signer("log", seed: 1)
        let inner = try log.sign("one\n\n\u{2014} log AAAAAAA=\n").encoded
        let note = try SignedNote(parsing: inner)
        #expect(note.text == "one\n\n\u{2014} log AAAAAAA=\n")
        #expect(try note.verified(by: [log.verifier]) == ["log"])
    }

    @Test("A hundred signatures are read, one more is refused")
    func signatureLimit() throws {
        let log = try Self.signer("log", seed: 1)
        let lines = (0..<99).map { "\u{2014} witness\($0) AAAAAAA=\n" }.joined()
        let full = try log.sign("text\n").encoded + lines
        let note = try SignedNote(parsing: full)
        #expect(note.signatures.count == AttestationLimits.noteSignatureCount)
        #expect(try note.verified(by: [log.verifier]) == ["log"])
        #expect(throws: AttestationError(.limitExceeded, "")) {
            try SignedNote(parsing: full + "\u{2014} witness AAAAAAA=\n")
        }
        #expect(throws: AttestationError(.limitExceeded, "")) { try log.sign(note) }
        #expect(throws: AttestationError(.limitExceeded, "")) {
            try log.sign(String(repeating: "a", count: AttestationLimits.noteByteCount - 10) + "\n")
        }
        #expect(throws: AttestationError(.limitExceeded, "")) {
            try SignedNote(parsing: [UInt8](repeating: 10, count: AttestationLimits.noteByteCount + 1))
        }
    }

    @Test(
        "Bytes that are no note are refused",
        arguments: [
            "", "\n", "\n\n", "text\n", "text\n\n", "text\n\u{2014} log AAAAAAA=\n", "text\n\n\u{2014} log AAAAAAA=",
            "text\n\n- log AAAAAAA=\n", "text\n\n\u{2014}log AAAAAAA=\n", "text\n\n\u{2014} log\n",
            "text\n\n\u{2014}  AAAAAAA=\n", "text\n\n\u{2014} lo+g AAAAAAA=\n",
            "text\n\n\u{2014} lo\u{2003}g AAAAAAA=\n",
            "text\n\n\u{2014} log AAAAAA==\n", "text\n\n\u{2014} log AAAAAAB=\n", "text\n\n\u{2014} log AAAAAAA\n",
            "text\n\n\u{2014} log AAAAAAA= \n", "text\n\n\u{2014} log AAAAAAA=\n\n",
            "text\r\n\n\u{2014} log AAAAAAA=\n",
            "te\u{0}xt\n\n\u{2014} log AAAAAAA=\n", "text\n\n\u{2014} log AAAAAAA=\nmore\n",
            "text\n\n\u{2014} log A-AAAAA=\n",
        ]
    )
    func malformed(text: String) {
        #expect(throws: AttestationError(.invalidNote, "")) { try SignedNote(parsing: text) }
    }

    @Test("A note that is not UTF-8 is refused")
    func notUnicode() throws {
        let note = try Self.signer("log", seed: 1).sign("text\n").encoded
        #expect(throws: AttestationError(.invalidNote, "")) { try SignedNote(parsing: [0xFF] + note.utf8) }
    }

    @Test("Only a text that ends in a newline and has no control characters is signed")
    func signing() throws {
        let log = try Self.signer("log", seed: 1)
        for text in ["", "text", "te\txt\n", "te\rxt\n"] {
            #expect(throws: AttestationError(.invalidNote, "")) { try log.sign(text) }
        }
        for name in ["", "a b", "a+b", "a\nb", "a\u{A0}b", String(repeating: "a", count: 1_025)] {
            #expect(throws: AttestationError(.invalidNoteKey, "")) { try Self.signer(name, seed: 1) }
        }
    }

    @Test("A key line with a wrong id, a foreign alphabet or a missing field is refused")
    func malformedKeyLines() throws {
        let vkey = try Self.signer("log", seed: 1).verifier.vkey
        let id = vkey.split(separator: "+")[1]
        let lines = [
            "", "log", "log+\(id)", vkey.replacing(id, with: "00000000"), vkey.replacing(id, with: "0000000"),
            vkey.replacing(id, with: "0000000g"), vkey.replacing(id, with: id.uppercased()), "x" + vkey, vkey + "=",
            String(repeating: "a", count: 5_000) + vkey,
        ]
        for line in lines {
            #expect(throws: AttestationError(.invalidNoteKey, "")) { try NoteVerifier(vkey: line) }
            #expect(throws: AttestationError(.invalidNoteKey, "")) { try NoteSigner(skey: line) }
            #expect(throws: AttestationError(.invalidNoteKey, "")) { try NoteSigner(skey: "PRIVATE+KEY+" + line) }
        }
    }
}
