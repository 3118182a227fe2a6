import Ledger

extension ReportPage {
    /// Who was paid what: the chart and the table.
    var pay: Markup {
        """
        <section aria-labelledby="pay"><h2 id="pay">Who contributed, who was paid</h2>
        <figure class="card"><figcaption>Pay by participant<span class="keys"><span class="key">\
        <i class="swatch honest"></i>honest</span><span class="key"><i class="swatch cheat"></i>▲ cheated</span>\
        </span></figcaption>
        \(payChart.markup)\
        </figure>
        \(populations)
        <div class="card flush">\(participantsTable)</div></section>
        """
    }

    private var payChart: PayChart {
        PayChart(participants: Array(ranking.prefix(RunLimits.reportedParticipantCount)), asset: summary.asset)
    }

    private var participantsTable: Markup {
        let shown = ranking.prefix(RunLimits.reportedParticipantCount)
        let scale = ScoreScale(shown)
        let most = shown.map(\.paid).max() ?? 0
        let rows = shown.map { row($0, scale: scale, most: most) }
        let hidden = ranking.count - shown.count
        let more: Markup =
            hidden > 0 ? "<p class=\"soft pad\">\(hidden) more participants are in summary.json.</p>" : ""
        return """
            <div class="\(shown.count > 40 ? "scroll tall" : "scroll")" tabindex="0" role="group" \
            aria-label="Participants">
            <table class="people"><caption class="hidden">Participants, best paid first</caption>
            <thead><tr><th scope="col">Participant</th><th scope="col" class="figure">Accepted</th><th scope="col">\
            Contribution <span class="soft">mnat</span><span class="keys"><span class="key"><i class="swatch novel">\
            </i>novel</span><span class="key"><i class="swatch full"></i>full</span></span></th>\
            <th scope="col">Paid <span class="soft">\(summary.asset)</span></th><th scope="col" class="figure">\
            Of an honest share</th></tr></thead>
            <tbody>\(Markup.joined(rows))</tbody></table></div>\(more)
            """
    }

    /// Where zero lies, so that negative scores point the other way.
    private struct ScoreScale {
        let low: Double
        let span: Double

        init(_ participants: some Sequence<ParticipantSummary>) {
            let scores = participants.flatMap { [Double($0.fullScore), Double($0.novelScore)] }
            low = min(0, scores.min() ?? 0)
            span = max(max(0, scores.max() ?? 0) - low, 1)
        }

        /// Left edge and width of a bar in percent.
        func bar(_ score: Int64) -> (left: Double, width: Double) {
            let (from, to) = (min(0, Double(score)), max(0, Double(score)))
            return ((from - low) / span * 100, max((to - from) / span * 100, score == 0 ? 0 : 0.4))
        }
    }

    private func row(_ one: ParticipantSummary, scale: ScoreScale, most: UInt64) -> Markup {
        let width = most == 0 ? 0 : 100 * Double(one.paid) / Double(most)
        let share = one.shareOfHonestMean.map { ReadableNumber.percent($0, places: $0 < 0.1 ? 1 : 0) } ?? "–"
        let misses = [
            one.refused > 0 ? "\(one.refused) refused" : "", one.droppedOut > 0 ? "\(one.droppedOut) dropped" : "",
        ]
        .filter { !$0.isEmpty }.joined(separator: ", ")
        return """
            <tr\(one.cheats ? " class=\"cheating\"" : "" as Markup)><th scope="row">\
            <span class="who" title="\(one.did)">\(one.label)</span>\(badge(one))<span class="under">\
            \(story(one, share: share))</span></th>
            <td class="figure" data-label="Accepted">\(one.accepted) / \(one.invited)<span class="under">\
            \(misses)</span></td>
            <td data-label="Contribution"><div class="pair">\(bar(one.novelScore, scale, kind: "novel"))\
            \(bar(one.fullScore, scale, kind: "full"))</div></td>
            <td data-label="Paid"><span class="measure"><span class="track">\
            <i class="\(one.cheats ? "cheat" : "honest")" style="width:\(width)%"></i></span><b>\
            \(TokenAmount.text(one.paid))</b></span></td>
            <td class="figure" data-label="Honest share">\(share)</td></tr>

            """
    }

    private func badge(_ one: ParticipantSummary) -> Markup {
        one.cheats ? "<span class=\"badge cheat\">▲ cheated</span>" : ""
    }

    private func story(_ one: ParticipantSummary, share: String) -> String {
        if one.cheats {
            let earned =
                one.paid == 0 ? "nothing" : one.shareOfHonestMean == nil ? "some pay" : "\(share) of an honest share"
            return "\(one.population) · earned \(earned)"
        }
        return "\(one.population) · \(ReadableNumber.count(one.examples)) examples"
    }

    private func bar(_ score: Int64, _ scale: ScoreScale, kind: String) -> Markup {
        let (left, width) = scale.bar(score)
        return """
            <span class="measure \(kind)"><span class="track"><i class="\(kind)" \
            style="margin-left:\(left)%;width:\(width)%"></i></span><b>\(ReadableNumber.millinats(score))</b></span>
            """
    }
}
