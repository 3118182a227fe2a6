/// What a participant may call itself.
package enum ParticipantLabel {
    /// Why a label is refused; nil for one that is allowed.
    ///
    /// A label that reads like an account's name or a key could be taken for that account. This is a rule of the
    /// ledger, so it rests on fixed scalars and not on a version of Unicode.
    package static func fault(in label: String) -> String? {
        let scalars = label.unicodeScalars
        guard !scalars.contains(where: { isControl($0.value) }) else {
            return "a label has no control characters, and no marks that turn the direction of writing"
        }
        let name = String(String.UnicodeScalarView(scalars.filter { !isBlank($0.value) }.map(lowercased)))
        guard name != "issuance", !prefixes.contains(where: { name.utf8.starts(with: $0.utf8) }) else {
            return "the label '\(label)' reads like the name of an account or a key"
        }
        return nil
    }

    private static let prefixes = ["sponsor/", "escrow/", "pool/", "participant/", "did:"]

    private static func isControl(_ value: UInt32) -> Bool {
        switch value {
        case 0x00...0x1F, 0x7F...0x9F, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    /// Spaces, and scalars that show nothing.
    private static func isBlank(_ value: UInt32) -> Bool {
        switch value {
        case 0x20, 0xA0, 0xAD, 0x2000...0x200D, 0x202F, 0x205F...0x2064, 0x3000, 0xFEFF: true
        default: false
        }
    }

    private static func lowercased(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        guard ("A"..."Z").contains(scalar) else { return scalar }
        return Unicode.Scalar(UInt8(scalar.value) | 0x20)
    }
}
