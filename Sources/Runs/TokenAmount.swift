/// Token amounts as people read them. An amount is a count of units of 10^-6 token; no floating point is involved.
package enum TokenAmount {
    /// Units in one token.
    package static let unitsPerToken: UInt64 = 1_000_000

    /// `12345678` as `"12.345678"`: always six decimals, so that columns align.
    package static func text(_ units: UInt64) -> String {
        let fraction = String(units % unitsPerToken)
        return "\(units / unitsPerToken).\(String(repeating: "0", count: 6 - fraction.count))\(fraction)"
    }

    /// As `text`, with a space between groups of three digits of the whole tokens and `places` (0 to 6) decimals,
    /// cut and not rounded, so that nothing is shown that was not paid.
    package static func shortText(_ units: UInt64, places: Int = 2) -> String {
        let exact = text(units)
        guard let point = exact.firstIndex(of: ".") else { return exact }
        let whole = grouped(exact[..<point])
        guard places > 0 else { return whole }
        return "\(whole).\(exact[exact.index(after: point)...].prefix(places))"
    }

    private static func grouped(_ digits: Substring) -> String {
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text.append("\u{202F}") }
            text.append(digit)
        }
        return text
    }
}
