/// Losses and scores in files: decimal nats with at most twelve places, kept as integers of 10^-12 nat.
package enum NatAmount {
    private static let places = 12

    /// The units that a decimal number stands for, or nil if it is none, is negative or has more than twelve places.
    package static func units(_ text: String) -> UInt64? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let whole = UInt64(parts[0])
        else { return nil }
        let fraction = parts.count == 2 ? parts[1] : ""
        guard fraction.count <= places else { return nil }
        guard parts.count == 1 || !fraction.isEmpty else { return nil }
        let padded = fraction + String(repeating: "0", count: places - fraction.count)
        let (scaled, overflow) = whole.multipliedReportingOverflow(by: 1_000_000_000_000)
        guard !overflow, let rest = UInt64(padded) else { return nil }
        let (sum, overflows) = scaled.addingReportingOverflow(rest)
        return overflows ? nil : sum
    }

    /// The decimal number, without zeros at its end.
    package static func text(_ units: UInt64) -> String {
        let (whole, rest) = units.quotientAndRemainder(dividingBy: 1_000_000_000_000)
        guard rest > 0 else { return "\(whole)" }
        var digits = String(rest)
        digits = String(repeating: "0", count: places - digits.count) + digits
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(whole).\(digits)"
    }
}
