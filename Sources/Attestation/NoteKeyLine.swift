/// The text form of a note key, `name+hex8(key id)+base64(type ‖ key)`, which `vkey` and `skey` lines share.
struct NoteKeyLine {
    let name: String
    let keyID: UInt32
    /// Signature type.
    let type: UInt8
    /// Key material after the type.
    let key: [UInt8]

    /// Reads a line; the base 64 may have plus signs of its own, so only the first two divide.
    ///
    /// - Throws: `AttestationError` with code `invalidNoteKey`; its message never quotes the key material.
    init(_ text: some StringProtocol) throws(AttestationError) {
        guard text.utf8.count <= AttestationLimits.noteKeyByteCount else {
            throw AttestationError(
                .invalidNoteKey,
                "a note key of over \(AttestationLimits.noteKeyByteCount) bytes"
            )
        }
        let bytes = Array(text.utf8)
        let fields = bytes.split(separator: UInt8(ascii: "+"), maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3, let name = String(validating: fields[0], as: UTF8.self), NoteKeyName.isValid(name)
        else {
            throw AttestationError(.invalidNoteKey, "a note key is written name+id+base64, with a name without spaces")
        }
        let digits = fields[1]
        let isLowerCase = !digits.contains { (UInt8(ascii: "A")...UInt8(ascii: "F")).contains($0) }
        guard isLowerCase, digits.count == 8, let id = Hexadecimal.decode(digits) else {
            throw AttestationError(
                .invalidNoteKey,
                "the key id of note key \(Quotation.of(name)) is not eight lower-case hex digits"
            )
        }
        guard let material = Base64.decode(fields[2]), let type = material.first else {
            throw AttestationError(.invalidNoteKey, "note key \(Quotation.of(name)) has bad base64")
        }
        self.name = name
        keyID = id.reduce(0) { $0 << 8 | UInt32($1) }
        self.type = type
        key = Array(material.dropFirst())
    }

    /// Writes a line.
    static func text(name: String, keyID: UInt32, type: UInt8, key: [UInt8]) -> String {
        "\(name)+\(NoteKeyName.text(ofKeyID: keyID))+\(Base64.encode([type] + key))"
    }
}
