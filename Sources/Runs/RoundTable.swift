/// The live table of a running simulation: one line a round, in columns that do not move.
package struct RoundTable: Sendable {
    private let style: TableStyle
    private let roundCount: Int

    /// A table for a run of `roundCount` rounds.
    package init(roundCount: Int, style: TableStyle) {
        self.roundCount = roundCount
        self.style = style
    }

    /// The column heads, and a rule below them.
    package var header: String {
        let names = [
            ("round", 4 + 2 * countWidth), ("acc/ref", 9), ("loss", 8), ("accuracy", 9), ("traffic", 8), ("time", 9),
            ("learned", 11), ("left", 9),
        ]
        let line = names.map { TableCell.right($0.0, $0.1) }.joined(separator: Self.gap)
        return style.paint(line, .strong) + "\n" + style.paint(String(repeating: "─", count: line.count), .faint)
    }

    /// One round. `eta` is the seconds that the rest of the run is expected to take, or nil where unknown.
    package func line(for round: RoundSummary, eta: Double?) -> String {
        let count = TableCell.right("\(round.round)", countWidth) + " of " + "\(roundCount)"
        let refusals = "\(round.accepted)/\(round.refusedCount)"
        let loss = (round.testLoss ?? round.validationLossAfter).map { ReadableNumber.decimal($0, places: 4) } ?? "–"
        let accuracy = round.testAccuracy.map { ReadableNumber.percent($0) } ?? "–"
        let (traffic, overflow) = round.uploadBytes.addingReportingOverflow(round.downloadBytes)
        let cells = [
            TableCell.right(count, 4 + 2 * countWidth),
            painted(TableCell.right(refusals, 9), round.refusedCount > 0 ? .warning : nil),
            TableCell.right(loss, 8),
            painted(TableCell.right(accuracy, 9), round.outcome == .aggregated ? .good : nil),
            TableCell.right(ReadableNumber.bytes(overflow ? .max : traffic), 8),
            TableCell.right(ReadableNumber.duration(round.seconds), 9),
            TableCell.right(Self.learned(round), 11),
            painted(TableCell.right(eta.map { ReadableNumber.duration($0) } ?? "–", 9), .faint),
        ]
        let line = cells.joined(separator: Self.gap)
        return round.outcome == .aggregated ? line : line + Self.gap + painted(round.outcome.rawValue, .warning)
    }

    /// The fall of the validation loss, which is what the settlement pays for.
    private static func learned(_ round: RoundSummary) -> String {
        guard let before = round.validationLossBefore, let after = round.validationLossAfter else { return "–" }
        return ReadableNumber.decimal((before - after) * 1_000, places: 1) + " mnat"
    }

    private static let gap = "  "
    private var countWidth: Int { "\(max(roundCount, 1))".count }

    private func painted(_ text: String, _ ink: TableStyle.Ink?) -> String {
        ink.map { style.paint(text, $0) } ?? text
    }
}
