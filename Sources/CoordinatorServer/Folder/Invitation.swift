internal import Attestation

/// A right to register as a participant, handed out in a join string. Only the code's digest is kept.
struct Invitation: Equatable, Sendable {
    /// SHA-256 of the code.
    let code: Digest
    /// How many keys may use it; nil for any number.
    let uses: Int?
    /// Milliseconds since the Unix epoch; nil for never.
    let expiresMs: UInt64?
    /// How much the updates of each key that joins with it count, 1 to 8; 0 for the ordinary number.
    let units: UInt32
    /// The keys that have used it: one that lost the answer may ask again.
    var usedBy: [PublicKey] = []

    /// Units that an invitation may name.
    static let allowedUnits: ClosedRange<UInt32> = 0...8

    /// One line of the file: `digest uses expires key,key,… units`; `-` for none, and no units for the ordinary number.
    var line: String {
        let keys = usedBy.isEmpty ? "-" : usedBy.map(\.did).joined(separator: ",")
        let ends = expiresMs.map(String.init) ?? "-"
        return "\(code.hex) \(uses.map(String.init) ?? "-") \(ends) \(keys)" + (units == 0 ? "" : " \(units)")
    }

    init(code: Digest, uses: Int?, expiresMs: UInt64?, units: UInt32) {
        self.code = code
        self.uses = uses
        self.expiresMs = expiresMs
        self.units = units
    }

    /// Reads a line; nil if it is not one.
    init?(line: Substring) {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 4 || words.count == 5, let code = try? Digest(hex: String(words[0])) else { return nil }
        let units = words.count == 5 ? UInt32(words[4]) : 0
        guard let units, Self.allowedUnits.contains(units) else { return nil }
        self.code = code
        self.units = units
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
