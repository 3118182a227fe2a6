/// Whether a table may use colour.
package enum TableStyle: Sendable {
    /// Letters only.
    case plain
    /// ANSI colours (ECMA-48 SGR).
    case coloured

    /// The style for an output: coloured on a terminal unless `NO_COLOR` is set to anything or `TERM` is `dumb`.
    package static func suited(isTerminal: Bool, environment: [String: String]) -> TableStyle {
        let declined = !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
        return isTerminal && !declined ? .coloured : .plain
    }

    /// The colours the tables use.
    enum Ink: String {
        case strong = "1"
        case faint = "2"
        case good = "32"
        case warning = "33"
        case bad = "31"
    }

    func paint(_ text: String, _ ink: Ink) -> String {
        self == .plain ? text : "\u{1B}[\(ink.rawValue)m\(text)\u{1B}[0m"
    }
}
