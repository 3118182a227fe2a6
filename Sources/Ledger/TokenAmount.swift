/// Amounts of tokens: whole units of 10^-6 token, in text with up to six decimals. Never a floating-point number.
package enum TokenAmount {
    /// Units in one token.
    package static let unitsPerToken: UInt64 = 1_000_000

    /// The units that a text such as "12.5" names, or nil if it is no amount, has over six decimals, or is too large.
    package static func units(_ text: String) -> UInt64? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = parts.first, isDigits(whole), let tokens = UInt64(whole) else { return nil }
        var fraction: UInt64 = 0
        if parts.count == 2 {
            guard parts[1].utf8.count <= 6, isDigits(parts[1]) else { return nil }
            let padded = parts[1] + String(repeating: "0", count: 6 - parts[1].utf8.count)
            fraction = UInt64(padded) ?? 0
        }
        let (scaled, overflow) = tokens.multipliedReportingOverflow(by: unitsPerToken)
        let (units, carried) = scaled.addingReportingOverflow(fraction)
        return overflow || carried ? nil : units
    }

    /// The amount in tokens with six decimals: 12500000 is "12.500000".
    package static func text(_ units: UInt64) -> String {
        let fraction = String(units % unitsPerToken)
        return "\(units / unitsPerToken)." + String(repeating: "0", count: 6 - fraction.utf8.count) + fraction
    }

    private static func isDigits(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
