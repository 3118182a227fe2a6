/// A named Ed25519 key that a note's signatures are checked with (C2SP signed-note, type 0x01).
package struct NoteVerifier: Hashable, Sendable {
    /// The key's name; a log's is its origin.
    package let name: String
    /// The key.
    package let publicKey: PublicKey
    /// First four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ key).
    package let keyID: UInt32

    /// A verifier from its parts.
    ///
    /// - Throws: `AttestationError` with code `invalidNoteKey` if the name is empty, too long or has a space, a control
    ///   character or a `+`.
    package init(name: String, publicKey: PublicKey) throws(AttestationError) {
        guard NoteKeyName.isValid(name) else {
            throw AttestationError(
                .invalidNoteKey,
                "\(Quotation.of(name)) is no note key name: it must not have spaces or plus signs"
            )
        }
        self.name = name
        self.publicKey = publicKey
        keyID = NoteKeyName.keyID(name: name, publicKey: publicKey)
    }

    /// A verifier from its text form, `name+hex8(key id)+base64(0x01 ‖ key)`.
    ///
    /// - Throws: `AttestationError` with code `invalidNoteKey` if the line is malformed or the id is not the key's,
    ///   `unsupportedAlgorithm` if the key is not Ed25519, `invalidKey` if the key is refused.
    package init(vkey: String) throws(AttestationError) {
        let line = try NoteKeyLine(vkey)
        guard line.type == NoteKeyName.ed25519Type else {
            throw AttestationError(
                .unsupportedAlgorithm,
                "note key \(Quotation.of(line.name)) has type \(line.type); only 1 is known"
            )
        }
        try self.init(name: line.name, publicKey: PublicKey(bytes: line.key))
        guard keyID == line.keyID else {
            throw AttestationError(
                .invalidNoteKey,
                "the key id of note key \(Quotation.of(line.name)) does not belong to its key"
            )
        }
    }

    /// The text form.
    package var vkey: String {
        NoteKeyLine.text(name: name, keyID: keyID, type: NoteKeyName.ed25519Type, key: publicKey.bytes)
    }
}
