/// One signature line of a note.
package struct NoteSignature: Hashable, Sendable {
    /// Name of the key that is said to have signed.
    package let name: String
    /// Id of that key.
    package let keyID: UInt32
    /// The signature proper; its form depends on the key's type, and for Ed25519 it has 64 bytes.
    package let bytes: [UInt8]

    /// A signature line. Unchecked: `SignedNote` checks what it takes in.
    init(name: String, keyID: UInt32, bytes: [UInt8]) {
        self.name = name
        self.keyID = keyID
        self.bytes = bytes
    }

    /// Em dash (U+2014) and a space.
    private static let lineStart = Array("\u{2014} ".utf8)

    /// Reads a line without its newline.
    ///
    /// - Throws: `AttestationError` with code `invalidNote` or `limitExceeded`.
    init(line: ArraySlice<UInt8>) throws(AttestationError) {
        guard line.starts(with: Self.lineStart) else {
            throw AttestationError(.invalidNote, "a note's signature line starts with an em dash and a space")
        }
        let fields = line.dropFirst(Self.lineStart.count).split(
            separator: UInt8(ascii: " "),
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        guard fields.count == 2, let name = String(validating: fields[0], as: UTF8.self), NoteKeyName.isValid(name)
        else {
            throw AttestationError(.invalidNote, "a note's signature line has no valid key name")
        }
        guard fields[1].count <= AttestationLimits.noteSignatureByteCount / 3 * 4 else {
            throw AttestationError(
                .limitExceeded,
                "a note signature of over \(AttestationLimits.noteSignatureByteCount) bytes by \(Quotation.of(name))"
            )
        }
        guard let material = Base64.decode(fields[1]), material.count > 4 else {
            throw AttestationError(
                .invalidNote,
                "the signature by \(Quotation.of(name)) has bad base64 or is too short"
            )
        }
        self.name = name
        keyID = material.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        bytes = Array(material.dropFirst(4))
    }

    /// The line with its newline.
    var line: String {
        let id = (0..<4).map { UInt8(truncatingIfNeeded: keyID >> UInt32(24 - 8 * $0)) }
        return "\u{2014} \(name) \(Base64.encode(id + bytes))\n"
    }
}
