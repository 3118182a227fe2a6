extension TokenAmount {
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
