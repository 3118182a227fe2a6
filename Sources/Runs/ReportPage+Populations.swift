import Ledger

extension ReportPage {
    /// Participants above which the page sums up by population, because the table of participants then scrolls.
    private static let crowd = 20

    /// What each population did and earned on average; nothing where the table of participants shows it at a glance.
    var populations: Markup {
        guard summary.participants.count > Self.crowd else { return "" }
        var groups: [String: [ParticipantSummary]] = [:]
        for one in summary.participants { groups[one.population, default: []].append(one) }
        let honestMean = Self.mean(summary.participants.filter { !$0.cheats })
        let ordered = groups.sorted { (Self.mean($1.value), $0.key) < (Self.mean($0.value), $1.key) }.prefix(32)
        let rows = ordered.map { row($0.key, $0.value, honestMean: honestMean) }
        return """
            <div class="card flush"><div class="scroll" tabindex="0" role="group" aria-label="Populations">\
            <table class="groups"><caption class="hidden">By population</caption>
            <thead><tr><th scope="col">Population</th><th scope="col" class="figure">Participants</th>\
            <th scope="col" class="figure">Accepted</th><th scope="col" class="figure">Full score, mnat</th>\
            <th scope="col" class="figure">Novel score, mnat</th><th scope="col" class="figure">\
            Mean pay, \(summary.asset)</th><th scope="col" class="figure">Of an honest share</th></tr></thead>
            <tbody>\(Markup.joined(rows))</tbody></table></div></div>
            """
    }

    private func row(_ name: String, _ members: [ParticipantSummary], honestMean: Double) -> Markup {
        let cheats = members.contains(where: \.cheats)
        func average(_ value: (ParticipantSummary) -> Double) -> Double {
            members.reduce(0) { $0 + value($1) } / Double(max(members.count, 1))
        }
        let invited = average { Double($0.invited) }
        let share = honestMean > 0 ? ReadableNumber.percent(Self.mean(members) / honestMean, places: 1) : "–"
        let cells = [
            ReadableNumber.count(members.count),
            invited > 0 ? ReadableNumber.percent(average { Double($0.accepted) } / invited, places: 0) : "–",
            ReadableNumber.decimal(average { Double($0.fullScore) } / 1e9, places: 3),
            ReadableNumber.decimal(average { Double($0.novelScore) } / 1e9, places: 3),
            ReadableNumber.decimal(Self.mean(members) / Double(TokenAmount.unitsPerToken), places: 4), share,
        ]
        let mark: Markup = cheats ? "<span class=\"badge cheat\">▲ cheated</span>" : ""
        return """
            <tr\(cheats ? " class=\"cheating\"" : "" as Markup)><th scope="row"><span class="who">\(name)</span>\
            \(mark)</th>\(Markup.joined(cells.map { "<td class=\"figure\">\($0)</td>" as Markup }))</tr>

            """
    }

    /// Mean pay in units; for the eye only.
    private static func mean(_ members: [ParticipantSummary]) -> Double {
        members.isEmpty ? 0 : members.reduce(0) { $0 + Double($1.paid) } / Double(members.count)
    }
}
