/// HTML under construction. Literal parts are taken as they are; every text put in by interpolation is escaped, so
/// that a
/// page cannot be broken by what it shows.
struct Markup: ExpressibleByStringInterpolation, Sendable {
    /// The HTML so far.
    private(set) var text: String

    init(stringLiteral value: String) {
        text = value
    }

    init(stringInterpolation interpolation: Interpolation) {
        text = interpolation.text
    }

    static func += (left: inout Markup, right: Markup) {
        left.text += right.text
    }

    static func joined(_ parts: some Sequence<Markup>) -> Markup {
        var whole: Markup = ""
        for part in parts { whole += part }
        return whole
    }

    /// A text with the five characters that mean something in HTML replaced, and control characters and those that
    /// turn the
    /// direction of writing shown as U+FFFD.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            case "\n", "\t": escaped.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x20 || 0x7F...0x9F ~= scalar.value, "\u{202A}"..."\u{202E}",
                "\u{2066}"..."\u{2069}", "\u{FFFE}", "\u{FFFF}":
                escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// Builds a `Markup` from a literal with interpolations.
    struct Interpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + 16 * interpolationCount)
        }

        mutating func appendLiteral(_ literal: String) { text += literal }
        mutating func appendInterpolation(_ markup: Markup) { text += markup.text }
        mutating func appendInterpolation(_ value: String) { text += Markup.escaped(value) }
        mutating func appendInterpolation(_ value: Int) { text += "\(value)" }
        /// A coordinate or percentage, with at most two decimals.
        mutating func appendInterpolation(_ value: Double) {
            guard value.isFinite, value.magnitude < 1e9 else {
                text += "0"
                return
            }
            let rounded = (value * 100).rounded() / 100
            text += rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
        }
    }
}
