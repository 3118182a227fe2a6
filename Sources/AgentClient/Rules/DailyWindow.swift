/// Hours of the day in which the agent may work, such as "22:00-06:00", in local time; the end is not in it.
package struct DailyWindow: Equatable, Sendable, CustomStringConvertible {
    /// Minutes after midnight.
    package let start: Int
    /// Minutes after midnight; before `start` where the window goes over midnight.
    package let end: Int

    private static let minutesOfDay = 1_440

    /// Reads a window; nil if it is not two times of day, or they are the same.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let start = Self.minute(parts[0]), let end = Self.minute(parts[1]), start != end else {
            return nil
        }
        self.start = start
        self.end = end
    }

    /// Whether a minute after midnight is in the window.
    package func contains(minute: Int) -> Bool {
        start < end ? (start..<end).contains(minute) : minute >= start || minute < end
    }

    /// Minutes until the window opens: 0 inside it.
    package func minutesUntilOpen(from minute: Int) -> Int {
        contains(minute: minute) ? 0 : (start - minute + Self.minutesOfDay) % Self.minutesOfDay
    }

    package var description: String { "\(Self.text(start))-\(Self.text(end))" }

    private static func text(_ minute: Int) -> String {
        let parts = [minute / 60, minute % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return parts.joined(separator: ":")
    }

    /// "06:30" and "6:30" are 390; "24:00" is midnight.
    private static func minute(_ text: Substring) -> Int? {
        let trimmed = text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
        let parts = String(trimmed).split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...2).contains(parts[0].utf8.count), parts[1].utf8.count == 2,
            parts.allSatisfy({ $0.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60, hour < 24 || (hour == 24 && minute == 0)
        else { return nil }
        return (hour * 60 + minute) % minutesOfDay
    }
}
