import Ledger

/// The report of a run: one self-contained HTML file without scripts, pictures or anything to be fetched.
package struct ReportPage: Sendable {
    let summary: RunSummary
    /// The participants, best paid first, then by number.
    let ranking: [ParticipantSummary]

    package init(_ summary: RunSummary) {
        self.summary = summary
        ranking = summary.participants.sorted { ($1.paid, $0.number) < ($0.paid, $1.number) }
    }

    /// The whole page, well-formed as XML too. Every text of the summary is escaped.
    ///
    /// - Complexity: O(participants × rounds), both capped by `RunLimits`.
    package var html: String {
        let page: Markup = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8" />
            <meta name="viewport" content="width=device-width, initial-scale=1" />
            <meta name="color-scheme" content="light dark" />
            <meta name="referrer" content="no-referrer" />
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
            <title>\(summary.scenario) · Tributary run \(summary.run)</title>
            <style>\(ReportStyle.sheet)</style>
            </head>
            <body>
            \(header)
            <main>
            \(verdict)
            \(learning)
            \(pay)
            \(contribution)
            \(refusalsAndCost)
            \(roundsTable)
            \(audit)
            </main>
            <footer>Tributary run report · \(summary.run) · kernels \(summary.kernels) · \(summary.threads) \
            threads</footer>
            </body>
            </html>

            """
        return page.text
    }

    /// A text cut to a number of characters, ending in an ellipsis where it was longer.
    static func shortened(_ text: String, to count: Int) -> String {
        text.count > count ? String(text.prefix(max(count - 1, 0))) + "…" : text
    }

    private var header: Markup {
        let facts = [
            ("Model", "\(summary.model) · \(ReadableNumber.count(summary.parameterCount)) parameters"),
            ("Data", summary.dataset), ("Rounds", "\(summary.rounds.count)"), ("Seed", "\(summary.seed)"),
            ("Run", summary.run),
        ]
        let list = facts.map { "<div><dt>\($0.0)</dt><dd>\($0.1)</dd></div>" as Markup }
        let tiles = [
            tile("Accuracy", ReadableNumber.percent(summary.accuracy), "on the test set"),
            tile("Loss", ReadableNumber.decimal(summary.loss, places: 4), "nats, test set"),
            tile("Paid", TokenAmount.shortText(summary.paidTotal), paidNote),
            tile("Participants", ReadableNumber.count(summary.participants.count), participantsNote),
            tile("Ledger", ReadableNumber.count(summary.ledgerEntries), "entries, signed"),
            tile("Time", ReadableNumber.duration(summary.seconds), timeNote),
        ]
        return """
            <header class="top"><div class="wide">
            <p class="brand"><svg viewBox="0 0 32 32" aria-hidden="true">\
            <path d="M3 6C14 6 13 16 29 16M3 16H29M3 26C14 26 13 16 29 16"/></svg>Tributary <span>run report</span>\
            </p>
            <h1>\(summary.scenario)</h1>
            <dl class="facts">\(Markup.joined(list))</dl>
            <div class="tiles">\(Markup.joined(tiles))</div>
            </div></header>
            """
    }

    private func tile(_ name: String, _ value: String, _ note: String) -> Markup {
        """
        <div class="tile"><span class="what">\(name)</span><strong>\(value)</strong><span class="note">\
        \(note)</span></div>
        """
    }

    private var paidNote: String {
        let carried = summary.carried > 0 ? ", \(TokenAmount.shortText(summary.carried)) returned" : ""
        return "\(summary.asset) of \(TokenAmount.shortText(summary.pooledTotal))\(carried)"
    }

    private var participantsNote: String {
        let cheating = summary.participants.filter(\.cheats).count
        return cheating == 0 ? "all honest" : "\(cheating) of them cheated"
    }

    private var timeNote: String {
        guard let last = summary.rounds.map(\.virtualSeconds).max(), last > 0 else { return "on the wall clock" }
        return "for \(ReadableNumber.duration(last)) simulated"
    }

    private var verdict: Markup {
        guard let verdict = CheatingVerdict(summary.participants) else { return "" }
        return """
            <p class="verdict"><svg viewBox="0 0 20 20" aria-hidden="true"><path d="M10 2.5 18.5 17.5H1.5z"/>\
            <path class="bang" d="M10 8v4.6M10 14.6v.6"/></svg><span>\(verdict.sentence)</span></p>
            """
    }

    private var learning: Markup {
        let rounds = summary.rounds
        func points(_ value: (RoundSummary) -> Double?) -> [(round: Int, value: Double)] {
            rounds.compactMap { round in
                guard let measured = value(round), measured.isFinite else { return nil }
                return (round.round, measured)
            }
        }
        let gaps = rounds.filter { $0.outcome == .noQuorum }.map(\.round)
        let accuracy = LineChart(
            title: "Accuracy on the test set",
            id: "accuracy",
            series: [.init(name: "accuracy", points: points { $0.testAccuracy.map { $0 * 100 } })],
            gaps: gaps,
            ceiling: 100,
            label: { "\(ReadableNumber.decimal($0, places: min($1, 2))) %" }
        )
        let losses: [LineChart.Series] = [
            .init(name: "test", points: points(\.testLoss)),
            .init(name: "validation", points: points(\.validationLossAfter)),
        ]
        let loss = LineChart(
            title: "Loss (nats)",
            id: "loss",
            series: losses.filter { !$0.points.isEmpty },
            gaps: gaps,
            label: { ReadableNumber.decimal($0, places: min($1 + ($1 > 1 ? 1 : 0), 4)) }
        )
        return """
            <section aria-labelledby="learning"><h2 id="learning">Learning</h2>
            <div class="two">\(accuracy.markup)\(loss.markup)</div></section>
            """
    }

    private var contribution: Markup {
        """
        <section aria-labelledby="heat"><h2 id="heat">Contribution, round by round</h2>
        <div class="card">
        <p class="soft lead">The full score: how far each accepted update alone would have lowered the validation \
        loss. Replayed updates look useful here. A task with trust: known pays by it; one with trust: open pays by \
        the novel score, which earlier rounds did not already predict.</p>
        \(HeatStrip(participants: ranking, roundCount: summary.rounds.count).markup)
        </div></section>
        """
    }

    private var refusalsAndCost: Markup {
        var reasons: [String: Int] = [:]
        for round in summary.rounds {
            for (reason, count) in round.refused {
                let (sum, overflow) = reasons[reason, default: 0].addingReportingOverflow(count)
                reasons[reason] = overflow ? .max : sum
            }
        }
        let ordered = reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(24)
        let most = Double(ordered.first?.value ?? 1)
        let rows = ordered.map { reason, count -> Markup in
            """
            <tr><th scope="row">\(reason)</th><td class="bar"><span class="track">\
            <i class="refusal" style="width:\(100 * Double(count) / max(most, 1))%"></i></span></td>\
            <td class="figure">\(ReadableNumber.count(count))</td></tr>
            """
        }
        let refusals: Markup =
            rows.isEmpty
            ? "<p class=\"soft\">Every message was accepted.</p>"
            : """
            <table class="plain"><thead class="hidden"><tr><th scope="col">Reason</th><th scope="col">Share</th>\
            <th scope="col">Messages</th></tr></thead><tbody>\(Markup.joined(rows))</tbody></table>
            """
        return """
            <div class="two">
            <section aria-labelledby="refused"><h2 id="refused">Refused messages</h2><div class="card">\
            \(refusals)</div></section>
            <section aria-labelledby="cost"><h2 id="cost">What it took</h2><div class="card">\(cost)</div></section>
            </div>
            """
    }

    private var cost: Markup {
        let rounds = summary.rounds
        let answered = rounds.reduce(0.0) { $0 + Double($1.accepted) }
        let invited = rounds.reduce(0.0) { $0 + Double($1.invited) }
        let aggregated = rounds.filter { $0.outcome == .aggregated }.count
        let perRound = rounds.isEmpty ? 0 : rounds.reduce(0) { $0 + $1.seconds } / Double(rounds.count)
        let items = [
            ("Rounds that moved the model", "\(aggregated) of \(rounds.count)"),
            (
                "Updates accepted",
                """
                \(ReadableNumber.decimal(answered, places: 0)) of \(ReadableNumber.decimal(invited, places: 0)) \
                invited
                """
            ),
            ("Updates received", ReadableNumber.bytes(Self.sum(rounds.map(\.uploadBytes)))),
            ("Models sent", ReadableNumber.bytes(Self.sum(rounds.map(\.downloadBytes)))),
            ("Wall time a round", ReadableNumber.duration(perRound)),
        ]
        let list = items.map { "<tr><th scope=\"row\">\($0.0)</th><td class=\"figure\">\($0.1)</td></tr>" as Markup }
        return "<table class=\"plain\"><tbody>\(Markup.joined(list))</tbody></table>"
    }

    private static func sum(_ values: [UInt64]) -> UInt64 {
        values.reduce(0) { total, value in
            let (sum, overflow) = total.addingReportingOverflow(value)
            return overflow ? .max : sum
        }
    }
}
