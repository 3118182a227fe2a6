internal import Attestation

/// A right to register as a participant, handed out in a join string. Only the code's digest is kept.
struct Invitation: Equatable, Sendable {
    /// SHA-256 of the code.
    let code: Digest
    /// How many keys may use it; nil for any number.
    let uses: Int?
    /// Milliseconds since the Unix epoch; nil for never.
    let expiresMs: UInt64?
    /// Who has used it: whoever lost the answer may ask again.
    var usedBy: [PublicKey] = []

    /// One line of the file: `digest uses expires key,key,…`; `-` for none.
    var line: String {
        let keys = usedBy.isEmpty ? "-" : usedBy.map(\.did).joined(separator: ",")
        return "\(code.hex) \(uses.map(String.init) ?? "-") \(expiresMs.map(String.init) ?? "-") \(keys)"
    }

    init(code: Digest, uses: Int?, expiresMs: UInt64?) {
        self.code = code
        self.uses = uses
        self.expiresMs = expiresMs
    }

    /// Reads a line; nil if it is not one.
    init?(line: Substring) {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 4, let code = try? Digest(hex: String(words[0])) else { return nil }
        self.code = code
        let uses = Int(words[1])
        let expiresMs = UInt64(words[2])
        guard uses != nil || words[1] == "-", expiresMs != nil || words[2] == "-" else { return nil }
        self.uses = uses
        self.expiresMs = expiresMs
        guard words[3] != "-" else { return }
        for text in words[3].split(separator: ",", omittingEmptySubsequences: false) {
            guard let key = try? PublicKey(did: String(text)) else { return nil }
            usedBy.append(key)
        }
    }
}
