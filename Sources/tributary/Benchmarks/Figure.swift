import Foundation

/// One measured figure: a name for scripts, a sentence for people.
struct Figure {
    let name: String
    let value: Double
    let text: String

    /// `what: value`, aligned.
    var line: String { text }

    /// A figure with its unit and meaning.
    init(_ name: String, _ value: Double, _ unit: String, _ meaning: String) {
        self.name = name
        self.value = value
        let number =
            value >= 1_000 ? String(format: "%.0f", value) : String(format: value >= 10 ? "%.1f" : "%.3f", value)
        let gap = String(repeating: " ", count: max(1, 12 - number.count))
        text = "\(gap)\(number) \(unit.padding(toLength: 12, withPad: " ", startingAt: 0)) \(meaning)"
    }
}

/// Times runs of a piece of work.
enum Stopwatch {
    /// The median of several runs in seconds, after one that is not counted.
    static func median(runs: Int, _ body: () throws -> Void) rethrows -> Double {
        try body()
        var seconds: [Double] = []
        for _ in 0..<runs {
            let start = ContinuousClock.now
            try body()
            seconds.append((ContinuousClock.now - start) / .seconds(1))
        }
        return seconds.sorted()[runs / 2]
    }
}
