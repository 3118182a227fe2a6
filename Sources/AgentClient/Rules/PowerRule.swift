/// On what power the agent may work.
package enum PowerRule: Equatable, Sendable, CustomStringConvertible {
    /// On any.
    case any
    /// On mains only.
    case mains
    /// On mains, or on a battery that is fuller than so many per cent.
    case batteryAbove(Int)

    /// Reads "any", "ac" or "battery_above_40"; nil for anything else.
    package init?(_ text: String) {
        switch text {
        case "any": self = .any
        case "ac": self = .mains
        default:
            let prefix = "battery_above_"
            guard text.hasPrefix(prefix), let percent = Int(text.dropFirst(prefix.count)), (0..<100).contains(percent),
                text == "\(prefix)\(percent)"
            else { return nil }
            self = .batteryAbove(percent)
        }
    }

    package var description: String {
        switch self {
        case .any: "any"
        case .mains: "ac"
        case .batteryAbove(let percent): "battery_above_\(percent)"
        }
    }

    /// What the agent waits for; nil where it may work.
    package func wait(_ power: PowerSupply) -> String? {
        guard !power.isOnMains else { return nil }
        let level = power.batteryPercent.map { "the battery is at \($0) %" } ?? "it runs on battery"
        switch self {
        case .any: return nil
        case .mains: return "waiting for mains power (power: ac; \(level))"
        case .batteryAbove(let percent):
            if let level = power.batteryPercent, level > percent { return nil }
            return "waiting for mains power or a battery above \(percent) % (\(level))"
        }
    }
}
