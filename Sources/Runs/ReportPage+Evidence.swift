import Ledger

extension ReportPage {
    /// Every round as a row, folded away.
    var roundsTable: Markup {
        let shown = summary.rounds.prefix(RunLimits.reportedRoundCount)
        let rows = shown.map { round -> Markup in
            func number(_ value: Double?, _ places: Int = 4) -> String {
                value.map { ReadableNumber.decimal($0, places: places) } ?? "–"
            }
            let cells = [
                "\(round.accepted) / \(round.invited)", "\(round.refusedCount)", "\(round.droppedOut)",
                number(round.validationLossBefore), number(round.validationLossAfter), number(round.testLoss),
                round.testAccuracy.map { ReadableNumber.percent($0) } ?? "–", ReadableNumber.bytes(round.uploadBytes),
                ReadableNumber.bytes(round.downloadBytes), ReadableNumber.duration(round.seconds),
                TokenAmount.text(round.paid), round.scoreGap.map { ReadableNumber.percent($0, places: 3) } ?? "–",
            ]
            let outcome = round.outcome == .aggregated ? "aggregated" : "✕ no quorum"
            let figures = Markup.joined(cells.map { "<td class=\"figure\">\($0)</td>" })
            return """
                <tr><th scope="row" class="figure">\(round.round)</th><td>\(outcome)</td>\(figures)</tr>

                """
        }
        let heads = [
            "Accepted", "Refused", "Dropped", "Val. loss before", "after", "Test loss", "Accuracy", "Received", "Sent",
            "Wall", "Paid \(summary.asset)", "Score gap",
        ]
        let more: Markup =
            summary.rounds.count > shown.count ? "<p class=\"soft pad\">The other rounds are in metrics.csv.</p>" : ""
        return """
            <details class="card flush"><summary>All \(summary.rounds.count) rounds, one by one</summary>
            <div class="scroll tall" tabindex="0" role="group" aria-label="Rounds"><table class="dense">\
            <caption class="hidden">Rounds</caption>
            <thead><tr><th scope="col" class="figure">Round</th><th scope="col">Outcome</th>\
            \(Markup.joined(heads.map { "<th scope=\"col\" class=\"figure\">\($0)</th>" as Markup }))</tr></thead>
            <tbody>\(Markup.joined(rows))</tbody></table></div>\(more)</details>
            """
    }

    /// The digests, and how anyone checks the run without asking whoever ran it.
    var audit: Markup {
        let digests = [
            ("Final model", summary.modelDigest), ("Ledger root", summary.ledgerRoot), ("Task", summary.task),
        ]
        let rows = digests.map { name, digest -> Markup in
            """
            <div><dt>\(name)</dt><dd><code class="digest" tabindex="0" title="\(digest)">\
            \(digest.isEmpty ? "–" : digest)</code></dd></div>
            """
        }
        return """
            <section aria-labelledby="audit"><h2 id="audit">Check it yourself</h2>
            <div class="card"><p class="lead">Nothing on this page has to be believed. The ledger in the run's \
            folder replays to the same balances, or names the first entry that is wrong.\(retention)</p>
            <pre class="commands"><code>tributary audit \(Self.shellWord(summary.run))
            tributary ledger verify \(Self.shellWord(summary.run))</code></pre>
            <dl class="digests">\(Markup.joined(rows))</dl>
            <p class="soft">Same scenario and seed, any number of threads: the same digests. A digest opens when \
            pointed at, and one click selects all of it.</p></div></section>
            """
    }

    /// A word as a POSIX shell takes it.
    private static func shellWord(_ text: String) -> String {
        let plain = text.utf8.allSatisfy {
            48...57 ~= $0 || 65...90 ~= $0 || 97...122 ~= $0 || [45, 46, 47, 95].contains($0)
        }
        guard !plain || text.isEmpty || text.hasPrefix("-") else { return text }
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    private var retention: String {
        guard let retention = summary.retention else { return "" }
        guard !retention.retainedRounds.isEmpty else {
            return " No updates were kept, so aggregates are taken on their digests."
        }
        let rounds = Self.ranges(retention.retainedRounds)
        let gone = retention.retiredByBudget.isEmpty ? "" : "; older ones gave way to the disk budget"
        return
            """
             The updates of \(rounds) were kept (\(ReadableNumber.bytes(retention.storedBytes)))\(gone): for \
            these, every aggregate is re-derived to the last bit.
            """
    }

    /// Ascending rounds as ranges: `"rounds 1–4, 6"`; long lists are cut.
    private static func ranges(_ rounds: [Int]) -> String {
        var runs: [ClosedRange<Int>] = []
        for round in rounds {
            if let last = runs.last, last.upperBound < .max, last.upperBound + 1 == round {
                runs[runs.count - 1] = last.lowerBound...round
            } else if runs.count < 9 {
                runs.append(round...round)
            } else {
                break
            }
        }
        let texts = runs.prefix(8).map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)–\($0.upperBound)" }
        return (rounds.count == 1 ? "round " : "rounds ") + texts.joined(separator: ", ")
            + (runs.count > 8 ? ", …" : "")
    }
}
