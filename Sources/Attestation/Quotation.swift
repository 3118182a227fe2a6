/// How bad input is quoted in an error's message: escaped, and cut at a limit.
enum Quotation {
    /// The text in quotation marks, with control characters escaped.
    static func of(_ text: some StringProtocol) -> String {
        let limit = AttestationLimits.quotedCharacterCount
        var quoted = "\""
        for scalar in text.unicodeScalars.prefix(limit) { quoted += scalar.escaped(asASCII: false) }
        return quoted + (text.unicodeScalars.dropFirst(limit).isEmpty ? "\"" : "…\"")
    }

    /// The bytes read as UTF-8, in quotation marks.
    static func of(_ bytes: some Collection<UInt8>) -> String {
        of(String(decoding: bytes.prefix(4 * AttestationLimits.quotedCharacterCount), as: UTF8.self))
    }
}
