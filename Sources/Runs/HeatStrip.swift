/// Full scores by participant and round as a strip of coloured cells a participant, in inline SVG.
struct HeatStrip {
    /// In the order of the rows.
    let participants: [ParticipantSummary]
    let roundCount: Int

    private static let labelWidth = 128.0
    private static let top = 18.0

    /// The figure, or a note where no score was recorded.
    var markup: Markup {
        let rows = Array(participants.prefix(RunLimits.heatRowCount))
        let columns = Columns(roundCount: min(roundCount, RunLimits.roundCount))
        let scores = rows.map { columns.averages($0.perRoundFull) }
        guard scores.contains(where: { $0.contains { $0 != nil } }) else {
            return "<p class=\"soft\">No scores were recorded by round.</p>"
        }
        let peaks = (0..<columns.count).map { column in
            scores.reduce(0) { max($0, $1[column]?.magnitude ?? 0) }
        }
        let cellWidth = min(26, max(6, 860 / Double(columns.count)))
        let rowHeight: Double = rows.count > 40 ? 12 : 18
        let width = Self.labelWidth + cellWidth * Double(columns.count) + 4
        let height = Self.top + rowHeight * Double(rows.count) + 2
        var body: Markup = ""
        for (index, row) in rows.enumerated() {
            let place = Self.top + rowHeight * Double(index)
            body += strip(row, scores[index], peaks, x: cellWidth, y: place, height: rowHeight)
        }
        return """
            <div class="scroll tall" tabindex="0" role="group" aria-label="Score by participant and round">
            <svg class="heat" viewBox="0 0 \(width) \(height)" \
            style="min-width:\(max(320, width * 0.82))px;max-width:\(width * 1.15)px" role="img" \
            aria-labelledby="heat-t">
            <title id="heat-t">Full score of each participant in each round, relative to the largest of the \
            round</title>
            \(heads(columns, cellWidth: cellWidth))
            \(body)
            </svg></div>
            \(legend(columns))
            """
    }

    /// Rounds gathered into at most `RunLimits.heatColumnCount` columns.
    struct Columns {
        /// Rounds in each column but perhaps the last.
        let span: Int
        let count: Int
        private let roundCount: Int

        init(roundCount: Int) {
            let rounds = max(roundCount, 1)
            span = (rounds + RunLimits.heatColumnCount - 1) / RunLimits.heatColumnCount
            count = (rounds + span - 1) / span
            self.roundCount = rounds
        }

        /// The mean of the scores that each column has; nil where it has none.
        func averages(_ scores: [Int64?]) -> [Double?] {
            (0..<count).map { column in
                let range = column * span..<min((column + 1) * span, roundCount, max(scores.count, column * span))
                let present = scores[range.clamped(to: 0..<scores.count)].compactMap { $0 }
                return present.isEmpty ? nil : present.reduce(0) { $0 + Double($1) } / Double(present.count)
            }
        }
    }

    /// -4 (as bad as the round's best was good) to 4.
    private static func level(_ score: Double, peak: Double) -> Int {
        guard peak > 0 else { return 0 }
        let share = score / peak
        let size =
            share.magnitude < 0.04
            ? 0 : share.magnitude < 0.25 ? 1 : share.magnitude < 0.5 ? 2 : share.magnitude < 0.75 ? 3 : 4
        return share < 0 ? -size : size
    }

    private func strip(
        _ row: ParticipantSummary,
        _ scores: [Double?],
        _ peaks: [Double],
        x cellWidth: Double,
        y: Double,
        height: Double
    ) -> Markup {
        var paths: [Int: Markup] = [:]
        let (inner, tall) = (cellWidth - (cellWidth > 10 ? 2 : 0.6), height - (height > 14 ? 3 : 1.5))
        for (column, score) in scores.enumerated() {
            guard let score else { continue }
            let left = Self.labelWidth + cellWidth * Double(column)
            paths[Self.level(score, peak: peaks[column]), default: ""] += "M\(left) \(y)h\(inner)v\(tall)h\(-inner)z"
        }
        let body = paths.sorted { $0.key < $1.key }.map { level, path -> Markup in
            "<path class=\"\(level < 0 ? "n\(-level)" : "p\(level)")\" d=\"\(path)\"/>"
        }
        let mark: Markup = row.cheats ? "<tspan class=\"cheats\">▲ </tspan>" : ""
        return """
            <g><title>\(row.label) (\(row.population)): full score \(ReadableNumber.millinats(row.fullScore)) mnat \
            in all</title>
            <text class="\(height > 14 ? "row" : "row small")" x="\(Self.labelWidth - 8)" \
            y="\(y + tall - (height > 14 ? 3.5 : 1.5))" text-anchor="end">\
            \(mark)\(ReportPage.shortened(row.label, to: 17))</text>
            \(Markup.joined(body))</g>
            """
    }

    private func heads(_ columns: Columns, cellWidth: Double) -> Markup {
        var markup: Markup = "<g class=\"axis\">"
        var lastEnd = 0.0
        for column in 0..<columns.count {
            let round = column * columns.span + 1
            let x = Self.labelWidth + cellWidth * Double(column)
            guard column == 0 || round.isMultiple(of: 5) || columns.span > 1, x >= lastEnd else { continue }
            markup += "<text x=\"\(x)\" y=\"11\">\(round)</text>"
            lastEnd = x + 34
        }
        markup += "</g>"
        return markup
    }

    private func legend(_ columns: Columns) -> Markup {
        let swatches = ["n4", "n2", "p0", "p1", "p2", "p3", "p4"].map { name -> Markup in
            """
            <svg class="heat" viewBox="0 0 14 12" aria-hidden="true">\
            <rect class="\(name)" width="14" height="12"/></svg>
            """
        }
        let gathered = columns.span > 1 ? " Each column is the mean of \(columns.span) rounds." : ""
        let hidden = participants.count - RunLimits.heatRowCount
        let more = hidden > 0 ? " \(hidden) more participants are in summary.json." : ""
        return """
            <p class="legend"><span>hurt</span>\(Markup.joined(swatches))<span>helped most in the round</span>\
            <span class="soft">No cell: not taking part.\(gathered)\(more)</span></p>
            """
    }
}
