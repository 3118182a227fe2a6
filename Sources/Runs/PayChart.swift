import Ledger

/// What each participant was paid, as columns with the mean of the honest, in inline SVG.
struct PayChart {
    /// Best paid first.
    let participants: [ParticipantSummary]
    let asset: String

    private static let (left, right, top) = (64.0, 96.0, 22.0)
    private static let plotHeight = 200.0

    /// The figure.
    var markup: Markup {
        guard let most = participants.map(\.paid).max(), most > 0 else {
            return "<p class=\"soft\">Nobody was paid in this run.</p>"
        }
        let ticks = AxisTicks(0...Double(most) / Double(TokenAmount.unitsPerToken), count: 4)
        let top = ticks.values.last ?? 1
        let named = participants.count <= 40
        let pitch = named ? min(64, max(24, 840 / Double(participants.count))) : 11
        let width = max(560, Self.left + Self.right + pitch * Double(participants.count))
        let height = Self.top + Self.plotHeight + (named ? 84 : 30)
        let least = min(width, max(560, width * 0.7))
        return """
            <div class="scroll" tabindex="0" role="group" aria-label="Pay by participant">
            <svg class="pay" viewBox="0 0 \(width) \(height)" \
            style="min-width:\(least)px;max-width:\(width * 1.1)px" role="img" aria-labelledby="pay-t">
            <title id="pay-t">\(description)</title>
            <defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" \
            patternTransform="rotate(45)"><rect class="hatch-ground" width="6" height="6"/>\
            <rect class="hatch-line" width="3" height="6"/></pattern></defs>
            \(axis(ticks, top: top, width: width))
            \(Markup.joined(participants.enumerated().map { column($1, at: $0, pitch: pitch, top: top, named: named) }))
            \(meanLine(top: top, width: width))
            </svg></div>
            """
    }

    private var description: String {
        let cheating = participants.filter(\.cheats).count
        return "Pay of \(participants.count) participants, best paid first; \(cheating) cheated and are hatched"
    }

    private func y(_ tokens: Double, top: Double) -> Double {
        Self.top + Self.plotHeight * (1 - tokens / max(top, 1e-12))
    }

    private func axis(_ ticks: AxisTicks, top: Double, width: Double) -> Markup {
        var markup: Markup = "<g class=\"axis\">"
        for value in ticks.values {
            let y = y(value, top: top)
            markup +=
                """
                <path d="M\(Self.left) \(y)H\(width - Self.right)"/>\
                <text x="\(Self.left - 8)" y="\(y + 4)" text-anchor="end">\
                \(ReadableNumber.decimal(value, places: ticks.places))</text>
                """
        }
        markup +=
            "<text class=\"name\" x=\"\(Self.left - 8)\" y=\"\(Self.top - 10)\" text-anchor=\"end\">\(asset)</text></g>"
        return markup
    }

    private func column(
        _ participant: ParticipantSummary,
        at index: Int,
        pitch: Double,
        top: Double,
        named: Bool
    ) -> Markup {
        let width = min(40, pitch * 0.68)
        let middle = Self.left + pitch * (Double(index) + 0.5)
        let base = Self.top + Self.plotHeight
        let peak = y(Double(participant.paid) / Double(TokenAmount.unitsPerToken), top: top)
        let tall = max(base - peak, participant.paid > 0 ? 1.5 : 0)
        let what = "\(participant.label) (\(participant.population)): \(TokenAmount.text(participant.paid)) \(asset)"
        var markup: Markup =
            """
            <g><title>\(what)</title><rect class="\(participant.cheats ? "cheat" : "honest")" \
            x="\(middle - width / 2)" y="\(base - tall)" width="\(width)" height="\(tall)" \
            rx="\(min(2, width / 4))"/>
            """
        if participant.cheats {
            let size = min(5, pitch * 0.4)
            markup +=
                """
                <path class="mark" d="M\(middle) \(base - tall - 4 - 1.7 * size)l\(size) \
                \(1.7 * size)h\(-2 * size)z"/>
                """
        }
        if named {
            markup +=
                """
                <text class="\(participant.cheats ? "foot cheats" : "foot")" text-anchor="end" \
                transform="translate(\(middle + 4) \(base + 16)) rotate(-38)">\
                \(ReportPage.shortened(participant.label, to: 16))</text>
                """
        }
        markup += "</g>"
        return markup
    }

    /// The mean is for the eye only, hence a floating point number; no pay follows from it.
    private func meanLine(top: Double, width: Double) -> Markup {
        let honest = participants.filter { !$0.cheats }
        guard !honest.isEmpty, honest.count < participants.count || honest.count > 1 else { return "" }
        let mean = honest.reduce(0) { $0 + Double($1.paid) } / Double(honest.count)
        let tokens = mean / Double(TokenAmount.unitsPerToken)
        let y = y(tokens, top: top)
        return """
            <g class="mean"><path d="M\(Self.left) \(y)H\(width - Self.right)"/>
            <text x="\(width - Self.right + 6)" y="\(y - 2)">honest mean</text>
            <text x="\(width - Self.right + 6)" y="\(y + 12)">\(ReadableNumber.decimal(tokens, places: 2))</text></g>
            """
    }
}
