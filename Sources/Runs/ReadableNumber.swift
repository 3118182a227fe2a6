/// Figures as people read them, with the same result on every machine and in every locale.
enum ReadableNumber {
    /// A number with `places` (0 to 12) decimals, rounded half away from zero; `"–"` where it is not finite, and the
    /// shortest exact form from 10^15 on.
    static func decimal(_ value: Double, places: Int) -> String {
        guard value.isFinite else { return "–" }
        guard value.magnitude < 1e15 else { return "\(value)" }
        var scale: UInt64 = 1
        for _ in 0..<min(max(places, 0), 12) where value.magnitude * Double(scale) < 1e17 { scale *= 10 }
        let scaled = UInt64((value.magnitude * Double(scale)).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard scale > 1 else { return "\(sign)\(scaled)" }
        let fraction = String(scaled % scale)
        let width = String(scale).count - 1
        return "\(sign)\(scaled / scale).\(String(repeating: "0", count: max(0, width - fraction.count)))\(fraction)"
    }

    /// A ratio as a percentage: `0.9693` as `"96.93 %"`.
    static func percent(_ ratio: Double, places: Int = 2) -> String {
        ratio.isFinite ? "\(decimal(ratio * 100, places: places)) %" : "–"
    }

    /// A count of bytes in decimal units: `"812 B"`, `"12.3 kB"`, `"1.24 GB"`.
    static func bytes(_ count: UInt64) -> String {
        guard count >= 1_000 else { return "\(count) B" }
        var value = Double(count)
        var unit = "B"
        for next in ["kB", "MB", "GB", "TB", "PB", "EB"] where value >= 999.5 {
            value /= 1_000
            unit = next
        }
        return "\(decimal(value, places: value < 9.995 ? 2 : value < 99.95 ? 1 : 0)) \(unit)"
    }

    /// A length of time: `"4.2 ms"`, `"1.52 s"`, `"3 m 07 s"`, `"2 h 05 m"`, `"3 d 04 h"`.
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return "–" }
        if seconds == 0 { return "0 s" }
        if seconds < 0.9995 { return "\(decimal(seconds * 1_000, places: seconds < 0.00995 ? 1 : 0)) ms" }
        if seconds < 59.95 { return "\(decimal(seconds, places: seconds < 9.995 ? 2 : 1)) s" }
        let whole = Int(seconds.rounded())
        if whole < 3_600 { return "\(whole / 60) m \(twoDigits(whole % 60)) s" }
        if whole < 86_400 { return "\(whole / 3_600) h \(twoDigits(whole / 60 % 60)) m" }
        return whole < 8_640_000 ? "\(whole / 86_400) d \(twoDigits(whole / 3_600 % 24)) h" : "\(whole / 86_400) d"
    }

    /// A count with a narrow space between groups of three digits.
    static func count(_ value: some BinaryInteger) -> String {
        let digits = String(value.magnitude)
        var text = value < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text.append("\u{202F}") }
            text.append(digit)
        }
        return text
    }

    /// A score of 10^-12 nat as millinats with three decimals, rounded in integers: `"-12.345"`.
    static func millinats(_ picos: Int64) -> String {
        let micronats = (picos.magnitude + 500_000) / 1_000_000
        let fraction = String(micronats % 1_000)
        let sign = picos < 0 && micronats > 0 ? "-" : ""
        return "\(sign)\(micronats / 1_000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
    }

    private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
