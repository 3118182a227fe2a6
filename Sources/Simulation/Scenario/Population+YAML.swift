internal import Federation

extension Population {
    private static let keys = ["kind", "count", "units", "speed", "drop_out", "late"]

    /// Reads one entry of `participants`.
    ///
    /// - Throws: `FederationError` naming the key and line; also for a setting that the kind does not take.
    init(section: ConfigurationSection) throws(FederationError) {
        try section.expectOnly(Self.keys + Setting.allCases.map(\.rawValue))
        guard let word = try section.word("kind", among: Kind.allCases.map(\.rawValue)),
            let kind = Kind(rawValue: word)
        else { throw section.missing("kind") }
        self.init(
            kind: kind, count: try section.integer("count", in: 1...FederationLimits.participantCount) ?? 1,
            units: try section.integer("units", in: 1...8) ?? Self.ordinaryUnits,
            speed: try section.number("speed", in: 0.001...1_000) ?? 1,
            dropOut: try section.number("drop_out", in: 0...1) ?? (kind == .dropOut ? 0.5 : 0),
            late: try section.number("late", in: 0...1) ?? 0,
            noise: try section.number("noise", in: 0...100) ?? 0.3)
        for setting in Setting.allCases where section.has(setting.rawValue) && setting != .noise {
            try Self.check(setting, isTakenBy: kind, in: section)
        }
        try settings.read(section, of: kind)
    }

    private static func check(
        _ setting: Setting, isTakenBy kind: Kind, in section: ConfigurationSection
    ) throws(FederationError) {
        guard !kind.takes.contains(setting) else { return }
        let taken = kind.takes.map(\.rawValue).joined(separator: ", ")
        throw section.wrong(
            setting.rawValue,
            "left out for kind \(kind.rawValue), which takes \(taken.isEmpty ? "no settings" : taken)")
    }

    /// The keys of its entry: read back, they give this population.
    var text: String {
        var words = [
            "kind: \(kind.rawValue)", "count: \(count)", "units: \(units)", "speed: \(speed)", "drop_out: \(dropOut)",
            "late: \(late)", "noise: \(noise)",
        ]
        for setting in kind.takes where setting != .noise {
            words.append("\(setting.rawValue): \(settings.text(of: setting))")
        }
        return words.joined(separator: ", ")
    }
}

extension Population.Settings {
    fileprivate mutating func read(
        _ section: ConfigurationSection, of kind: Population.Kind
    ) throws(FederationError) {
        scale = try section.number("scale", in: 0...1e6) ?? scale
        lag = try section.integer("lag", in: 1...PublicState.historyCount) ?? lag
        kick = try section.number("kick", in: 0...1e6) ?? kick
        rounds = try section.integer("rounds", in: 1...FederationLimits.roundCount) ?? rounds
        examples = try section.integer("examples", in: 1...10_000) ?? examples
        factor = try section.number("factor", in: 0...1e6) ?? factor
        claims = try section.number("claims", in: 0...1e9) ?? claims
        toBound = try section.word("to_bound", among: ["true", "false"]).map { $0 == "true" } ?? toBound
        let word = try section.word("variant", among: kind.variants.map(\.rawValue))
        variant = word.flatMap(Population.Variant.init(rawValue:)) ?? variant
    }

    fileprivate func text(of setting: Population.Setting) -> String {
        switch setting {
        case .scale: "\(scale)"
        case .noise: ""
        case .lag: "\(lag)"
        case .kick: "\(kick)"
        case .rounds: "\(rounds)"
        case .examples: "\(examples)"
        case .factor: "\(factor)"
        case .claims: "\(claims)"
        case .toBound: "\(toBound)"
        case .variant: variant?.rawValue ?? ""
        }
    }
}
