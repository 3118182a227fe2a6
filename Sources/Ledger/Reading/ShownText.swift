extension StringProtocol {
    /// The text as it may be printed, at most `limit` scalars of it: what a terminal takes for a command, a line's end
    /// or a turn of the writing is shown as an escape, such as `\u{1B}` or `\n`.
    ///
    /// Labels, names, reasons and messages come from other machines. Whoever prints them uses this.
    package func shown(limit: Int = .max) -> String {
        var result = String.UnicodeScalarView()
        for scalar in unicodeScalars.prefix(limit) {
            guard scalar.isCommand else {
                result.append(scalar)
                continue
            }
            switch scalar {
            case "\n": result.append(contentsOf: "\\n".unicodeScalars)
            case "\r": result.append(contentsOf: "\\r".unicodeScalars)
            case "\t": result.append(contentsOf: "\\t".unicodeScalars)
            default:
                result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16, uppercase: true))}".unicodeScalars)
            }
        }
        return String(result)
    }

    /// JSON text for the same value, in which nothing can move the cursor of a terminal. Scalars that could stand in
    /// strings only, where JSON has an escape for each; the text has no line feeds of its own.
    package func shownJSON() -> String {
        guard unicodeScalars.contains(where: \.isCommand) else { return String(self) }
        var result = ""
        for scalar in unicodeScalars {
            guard scalar.isCommand else {
                result.unicodeScalars.append(scalar)
                continue
            }
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return result
    }
}

extension Unicode.Scalar {
    /// Whether the scalar may move the cursor, turn the direction of writing, or show nothing at all.
    fileprivate var isCommand: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: true
        default: false
        }
    }
}
