/// The text that Prometheus reads (exposition format 0.0.4): a help line, a type line, and the samples of a metric.
struct PrometheusText {
    enum Kind: String {
        case counter, gauge, histogram
    }

    private(set) var text = ""

    /// A metric of one value.
    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: some CustomStringConvertible) {
        add(name, kind, help, [([], value)])
    }

    /// A metric with a value for each set of labels.
    mutating func add(
        _ name: String, _ kind: Kind, _ help: String,
        _ samples: [(labels: [(name: String, value: String)], value: any CustomStringConvertible)]
    ) {
        head(name, kind, help)
        for sample in samples { line(name, sample.labels, sample.value) }
    }

    /// Starts a metric whose samples follow with `line`.
    mutating func head(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP tributary_\(name) \(help)\n# TYPE tributary_\(name) \(kind.rawValue)\n"
    }

    /// One sample.
    mutating func line(
        _ name: String, _ labels: [(name: String, value: String)], _ value: any CustomStringConvertible
    ) {
        text += "tributary_\(name)"
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",") + "}"
        }
        text += " \(value.description)\n"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
