/// The rules for key names of signed notes, and for the ids derived from them (C2SP signed-note).
enum NoteKeyName {
    /// Signature type of plain Ed25519.
    static let ed25519Type: UInt8 = 0x01

    /// Whether it is a name: not empty, within the limit, without Unicode spaces, control characters or `+`.
    static func isValid(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= AttestationLimits.nameByteCount
            && name.unicodeScalars.allSatisfy { scalar in
                !scalar.properties.isWhitespace && scalar.value >= 0x20 && scalar != "+"
            }
    }

    /// Whether two names are the same bytes. (`String`'s `==` takes canonically equivalent spellings for equal.)
    static func areEqual(_ left: String, _ right: String) -> Bool {
        left.utf8.elementsEqual(right.utf8)
    }

    /// Key id: the first four bytes, big-endian, of SHA-256(name ‖ 0x0A ‖ type ‖ key).
    static func keyID(name: String, publicKey: PublicKey) -> UInt32 {
        let digest = SHA256.hash(Array(name.utf8) + [0x0A, ed25519Type] + publicKey.bytes)
        return digest.withUnsafeBytes { UInt32(bigEndian: $0.loadUnaligned(as: UInt32.self)) }
    }

    /// The key id as the eight digits of a key line.
    static func text(ofKeyID keyID: UInt32) -> String {
        let digits = String(keyID, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
