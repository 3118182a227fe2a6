/// A text with signatures below it (C2SP signed-note): the form of a ledger's checkpoints.
///
/// The text ends in a newline, an empty line follows, then one line a signature. What is signed is the text with its
/// final newline. Parsing is strict, so that `encoded` gives back exactly the bytes that were read.
package struct SignedNote: Sendable {
    /// What is signed, with its final newline.
    package let text: String
    /// The signatures in order: 1 to `AttestationLimits.noteSignatureCount`.
    package let signatures: [NoteSignature]

    private static let newline = UInt8(ascii: "\n")

    /// A note from its parts.
    ///
    /// - Throws: `AttestationError` with code `invalidNote` if the text does not end in a newline or has control
    ///   characters, or without signatures; `limitExceeded` past a limit.
    init(text: String, signatures: [NoteSignature]) throws(AttestationError) {
        try Self.checkCharacters(text.utf8)
        guard text.utf8.last == Self.newline else {
            throw AttestationError(.invalidNote, "a note's text ends in a newline")
        }
        guard !signatures.isEmpty else {
            throw AttestationError(.invalidNote, "a note has at least one signature")
        }
        guard signatures.count <= AttestationLimits.noteSignatureCount else {
            throw AttestationError(
                .limitExceeded,
                "\(signatures.count) signatures in a note; the limit is \(AttestationLimits.noteSignatureCount)"
            )
        }
        self.text = text
        self.signatures = signatures
        try Self.checkByteCount(encoded.utf8.count)
    }

    /// Reads a note.
    ///
    /// - Throws: `AttestationError` with code `invalidNote` for bytes that are no note, `limitExceeded` past a limit.
    package init(parsing bytes: [UInt8]) throws(AttestationError) {
        try Self.checkByteCount(bytes.count)
        try Self.checkCharacters(bytes)
        guard bytes.last == Self.newline, let end = Self.textEnd(in: bytes) else {
            throw AttestationError(.invalidNote, "a note is a text, an empty line and signature lines, each ended")
        }
        guard let text = String(validating: bytes[..<end], as: UTF8.self) else {
            throw AttestationError(.invalidNote, "the note's text is not UTF-8")
        }
        let lines = bytes[(end + 1)...].dropLast().split(
            separator: Self.newline,
            maxSplits: AttestationLimits.noteSignatureCount,
            omittingEmptySubsequences: false
        )
        guard lines.count <= AttestationLimits.noteSignatureCount else {
            throw AttestationError(
                .limitExceeded,
                "over \(AttestationLimits.noteSignatureCount) signatures in a note"
            )
        }
        var signatures: [NoteSignature] = []
        for line in lines { signatures.append(try NoteSignature(line: line)) }
        try self.init(text: text, signatures: signatures)
    }

    /// Reads a note.
    ///
    /// - Throws: as `init(parsing:)` of bytes.
    package init(parsing text: String) throws(AttestationError) {
        try Self.checkByteCount(text.utf8.count)
        try self.init(parsing: Array(text.utf8))
    }

    /// The whole note: text, empty line, signature lines.
    package var encoded: String {
        var encoded = text + "\n"
        for signature in signatures { encoded += signature.line }
        return encoded
    }

    /// Checks the signatures of known keys and gives their names, each once, in the order of the note.
    ///
    /// Signatures by other keys are ignored; every signature by a known key must verify.
    ///
    /// - Throws: `AttestationError` with code `invalidSignature` if a known key's signature does not verify,
    ///   `unknownSigner` if no signature is by a known key, `invalidNoteKey` if two different verifiers share name and
    ///   id.
    @discardableResult
    package func verified(by verifiers: [NoteVerifier]) throws(AttestationError) -> [String] {
        let message = Array(text.utf8)
        var names: [String] = []
        for signature in signatures {
            let known = verifiers.filter {
                $0.keyID == signature.keyID && NoteKeyName.areEqual($0.name, signature.name)
            }
            guard let verifier = known.first else { continue }
            guard known.allSatisfy({ $0.publicKey == verifier.publicKey }) else {
                throw AttestationError(
                    .invalidNoteKey,
                    "two different keys are named \(Quotation.of(signature.name)) with the same id"
                )
            }
            guard verifier.publicKey.isValidSignature(signature.bytes, for: message) else {
                throw AttestationError(
                    .invalidSignature,
                    "the note's signature by \(Quotation.of(signature.name)) does not verify"
                )
            }
            if !names.contains(where: { NoteKeyName.areEqual($0, signature.name) }) { names.append(signature.name) }
        }
        guard !names.isEmpty else {
            throw AttestationError(
                .unknownSigner,
                "none of the note's \(signatures.count) signatures is by a known key"
            )
        }
        return names
    }

    /// Index just past the text: the last place where one newline follows another divides text and signatures.
    private static func textEnd(in bytes: [UInt8]) -> Int? {
        var index = bytes.count - 1
        while index > 0 {
            if bytes[index] == newline, bytes[index - 1] == newline { return index }
            index -= 1
        }
        return nil
    }

    private static func checkCharacters(_ bytes: some Sequence<UInt8>) throws(AttestationError) {
        guard let byte = bytes.first(where: { $0 < 0x20 && $0 != newline }) else { return }
        throw AttestationError(.invalidNote, "a note with the control character \(byte)")
    }

    private static func checkByteCount(_ count: Int) throws(AttestationError) {
        guard count <= AttestationLimits.noteByteCount else {
            throw AttestationError(
                .limitExceeded,
                "a note of \(count) bytes; the limit is \(AttestationLimits.noteByteCount)"
            )
        }
    }
}
