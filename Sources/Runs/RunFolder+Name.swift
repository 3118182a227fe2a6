import Foundation

extension RunFolder {
    /// A scenario's name as a part of a folder's name.
    static func slug(_ name: String) -> String {
        var text = ""
        for scalar in name.unicodeScalars where text.count < RunLimits.nameCharacterCount {
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_": text.unicodeScalars.append(scalar)
            case "." where !text.isEmpty: text.append(".")
            default: if !text.isEmpty, text.last != "-" { text.append("-") }
            }
        }
        while let last = text.last, last == "-" || last == "." { text.removeLast() }
        return text.isEmpty ? "run" : text
    }

    /// A time as `yyyyMMdd-HHmmss` in UTC. Times before 1970 or after 9999 are brought within.
    static func timeText(_ date: Date) -> String {
        let seconds = min(max(date.timeIntervalSince1970, 0), 253_402_300_799)
        let whole = seconds.isNaN ? 0 : Int(seconds)
        let (year, month, day) = civil(fromDays: whole / 86_400)
        let rest = whole % 86_400
        let clock = padded(rest / 3_600, 2) + padded(rest / 60 % 60, 2) + padded(rest % 60, 2)
        return "\(padded(year, 4))\(padded(month, 2))\(padded(day, 2))-\(clock)"
    }

    /// The time that a folder's name ends in (before a `-2` of a collision), or nil.
    static func date(inName name: String) -> Date? {
        var parts = name.split(separator: "-", omittingEmptySubsequences: false)
        if let last = parts.last, last.utf8.count != 6, Int(last) != nil { parts.removeLast() }
        guard parts.count >= 2 else { return nil }
        let (day, clock) = (parts[parts.count - 2], parts[parts.count - 1])
        guard day.utf8.count == 8, clock.utf8.count == 6, (day + clock).utf8.allSatisfy({ 48...57 ~= $0 }),
            let dayNumber = Int(day), let clockNumber = Int(clock)
        else { return nil }
        let (month, dayOfMonth) = (dayNumber / 100 % 100, dayNumber % 100)
        let (hour, minute, second) = (clockNumber / 10_000, clockNumber / 100 % 100, clockNumber % 100)
        guard 1...12 ~= month, 1...31 ~= dayOfMonth, hour < 24, minute < 60, second < 60 else { return nil }
        let days = daysFromCivil(dayNumber / 10_000, month, dayOfMonth)
        return Date(timeIntervalSince1970: Double(days * 86_400 + hour * 3_600 + minute * 60 + second))
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// Days since 1970-01-01 to a date of the proleptic Gregorian calendar, by counting in 400-year eras that begin in
    /// March (146,097 days each).
    private static func civil(fromDays days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }

    private static func daysFromCivil(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let marchYear = month <= 2 ? year - 1 : year
        let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
