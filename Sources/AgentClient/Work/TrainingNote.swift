internal import Ledger

/// How the training of a round went, for the participant's own log; none of it is sent.
package struct TrainingNote: Equatable, Sendable {
    package let seconds: Double
    /// The trainer's figures; what they are called is its own choice.
    package let metrics: [String: Double]

    package init(seconds: Double, metrics: [String: Double]) {
        self.seconds = seconds
        self.metrics = metrics
    }

    /// The figures in few words, such as "loss 0.25, saturated 3"; nil where there are none.
    ///
    /// Values that the grid cut off come first, as they call for something to be done; none are no news.
    package var figures: String? {
        let saturated = metrics["saturated"].map { $0 > 0 } ?? false
        let others = metrics.keys.filter { $0 != "saturated" }.sorted()
        let names = (saturated ? ["saturated"] : []) + others
        guard !names.isEmpty else { return nil }
        var words = names.prefix(AgentLimits.loggedMetricCount).map { name in
            "\(name.shown(limit: AgentLimits.loggedNameLength)) \(Self.figure(metrics[name] ?? 0))"
        }
        if names.count > words.count { words.append("\(names.count - words.count) more") }
        return words.joined(separator: ", ")
    }

    /// A number with four digits, or all of a whole one.
    private static func figure(_ value: Double) -> String {
        guard value == 0 || (1e-4..<1e12).contains(value.magnitude) else { return "\(value)" }
        var scale = 1.0
        while value != 0, value.magnitude * scale < 1_000 { scale *= 10 }
        let rounded = (value * scale).rounded() / scale
        return Int(exactly: rounded).map { "\($0)" } ?? "\(rounded)"
    }
}
