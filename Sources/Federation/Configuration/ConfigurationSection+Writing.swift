extension ConfigurationSection {
    /// A text inside double quotes of YAML, on one line, which reads back as the same text.
    ///
    /// What a line cannot hold is escaped, and so are the signs that the reader takes for anchors, aliases and brackets
    /// of nesting wherever they stand.
    package static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\", "\"": quoted += "\\\(scalar)"
            case "&", "*", "[", "{", "\0"..."\u{1F}", "\u{7F}"..."\u{A0}", "\u{2028}", "\u{2029}", "\u{FEFF}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
