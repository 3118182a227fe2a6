/// What the machine runs on, as the kernel says under /sys/class/power_supply. A box without batteries is on mains.
package struct PowerSupply: Equatable, Sendable {
    package let isOnMains: Bool
    /// The fullest battery, in per cent.
    package let batteryPercent: Int?

    package init(isOnMains: Bool, batteryPercent: Int?) {
        self.isOnMains = isOnMains
        self.batteryPercent = batteryPercent
    }

    /// Where the kernel says so.
    package static let systemFolder = "/sys/class/power_supply"

    /// Reads a folder like the kernel's; what cannot be read counts as absent.
    package init(folder: String) {
        var hasMains = false
        var levels: [Int] = []
        var isCharging = false
        for name in (try? AgentFile.names(in: folder)) ?? [] {
            // Mice and keyboards have batteries, too.
            guard Self.word("\(folder)/\(name)/scope") != "Device" else { continue }
            if Self.word("\(folder)/\(name)/type") == "Battery" {
                levels += [Self.word("\(folder)/\(name)/capacity").flatMap { Int($0) } ?? 0]
                isCharging = isCharging || Self.word("\(folder)/\(name)/status").map { $0 != "Discharging" } ?? false
            } else if Self.word("\(folder)/\(name)/online") == "1" {
                hasMains = true
            }
        }
        isOnMains = levels.isEmpty || hasMains || isCharging
        batteryPercent = levels.max()
    }

    private static func word(_ path: String) -> String? {
        guard let bytes = (try? AgentFile.read(path, limit: AgentLimits.smallFileByteCount)) ?? nil else { return nil }
        return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).first.map(String.init)
    }
}
