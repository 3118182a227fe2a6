import Ledger

/// The table of participants at the end of a run: who did what, what it was worth, and what it earned.
package struct FinalTable: Sendable {
    private let style: TableStyle
    private let asset: String

    /// A table of amounts of an asset.
    package init(asset: String, style: TableStyle) {
        self.asset = asset
        self.style = style
    }

    /// All participants, best paid first, with heads, a rule and a line that says what cheating earned. At most `limit`
    /// lines; the last then says how many more there are.
    ///
    /// - Parameter score: what is paid for: the novel scores, or the full ones where parties know each other.
    package func text(
        for participants: [ParticipantSummary], limit: Int = 200,
        score: KeyPath<ParticipantSummary, Int64> = \.novelScore
    ) -> String {
        let ordered = participants.sorted { ($1.paid, $0.number) < ($0.paid, $1.number) }
        let labelWidth = min(24, max(11, ordered.map(\.label.count).max() ?? 0))
        let populationWidth = min(16, max(10, ordered.map(\.population.count).max() ?? 0))
        let head = [
            TableCell.left("participant", labelWidth), TableCell.left("population", populationWidth),
            TableCell.right("accepted", 9), TableCell.right("score mnat", 11), TableCell.right("paid \(asset)", 16),
            TableCell.right("of honest", 9),
        ].joined(separator: Self.gap)
        var lines = [style.paint(head, .strong), style.paint(String(repeating: "─", count: head.count), .faint)]
        for participant in ordered.prefix(max(limit, 0)) {
            lines.append(
                line(for: participant, score: score, labelWidth: labelWidth, populationWidth: populationWidth))
        }
        if ordered.count > max(limit, 0) { lines.append("… and \(ordered.count - max(limit, 0)) more in summary.json") }
        if let verdict = CheatingVerdict(participants) { lines.append(verdict.sentence) }
        return lines.joined(separator: "\n")
    }

    private static let gap = "  "

    private func line(
        for participant: ParticipantSummary, score: KeyPath<ParticipantSummary, Int64>, labelWidth: Int,
        populationWidth: Int
    ) -> String {
        let cells = [
            TableCell.left(participant.label, labelWidth), TableCell.left(participant.population, populationWidth),
            TableCell.right("\(participant.accepted)/\(participant.invited)", 9),
            TableCell.right(ReadableNumber.millinats(participant[keyPath: score]), 11),
            TableCell.right(TokenAmount.text(participant.paid), 16),
            TableCell.right(participant.shareOfHonestMean.map { ReadableNumber.percent($0, places: 1) } ?? "–", 9),
        ]
        let line = cells.joined(separator: Self.gap)
        return participant.cheats ? style.paint(line + Self.gap + "▲ cheats", .bad) : line
    }
}
