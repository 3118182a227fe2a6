/// A named Ed25519 key that signs notes (C2SP signed-note, type 0x01).
package struct NoteSigner: Sendable {
    /// What others check this signer's signatures with.
    package let verifier: NoteVerifier
    private let key: SigningKey

    /// The text that Go's private note keys start with.
    private static let privatePrefix = "PRIVATE+KEY+"

    /// A signer from its parts.
    ///
    /// - Throws: `AttestationError` with code `invalidNoteKey` if the name is not a note key's name.
    package init(name: String, key: SigningKey) throws(AttestationError) {
        verifier = try NoteVerifier(name: name, publicKey: key.publicKey)
        self.key = key
    }

    /// A signer from the text form that Go's note package writes, `PRIVATE+KEY+name+hex8(key id)+base64(0x01 ‖ seed)`.
    ///
    /// - Throws: `AttestationError` with code `invalidNoteKey` if the line is malformed or the id is not the key's,
    ///   `unsupportedAlgorithm` if the key is not Ed25519, `invalidKey` if the seed has the wrong length.
    package init(skey: String) throws(AttestationError) {
        guard skey.utf8.starts(with: Self.privatePrefix.utf8) else {
            throw AttestationError(.invalidNoteKey, "a private note key starts with \(Self.privatePrefix)")
        }
        let line = try NoteKeyLine(Substring(skey.utf8.dropFirst(Self.privatePrefix.utf8.count)))
        guard line.type == NoteKeyName.ed25519Type else {
            throw AttestationError(
                .unsupportedAlgorithm,
                "note key \(Quotation.of(line.name)) has type \(line.type); only 1 is known"
            )
        }
        try self.init(name: line.name, key: SigningKey(seed: line.key))
        guard verifier.keyID == line.keyID else {
            throw AttestationError(
                .invalidNoteKey,
                "the key id of note key \(Quotation.of(line.name)) does not belong to its key"
            )
        }
    }

    /// Signs a text, which must end in a newline.
    ///
    /// - Throws: `AttestationError` with code `invalidNote` if the text cannot be a note's, `limitExceeded` past a
    ///   limit, `cryptographyUnavailable` if libcrypto fails.
    package func sign(_ text: String) throws(AttestationError) -> SignedNote {
        try SignedNote(text: text, signatures: [signature(of: text)])
    }

    /// Adds this signer's signature below those a note has.
    ///
    /// - Throws: `AttestationError` with code `limitExceeded` past a limit.
    package func sign(_ note: SignedNote) throws(AttestationError) -> SignedNote {
        try SignedNote(text: note.text, signatures: note.signatures + [signature(of: note.text)])
    }

    private func signature(of text: String) throws(AttestationError) -> NoteSignature {
        NoteSignature(name: verifier.name, keyID: verifier.keyID, bytes: try key.sign(Array(text.utf8)))
    }
}
