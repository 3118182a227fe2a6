import Ledger
import Runs
import Testing

@Suite("Reports")
struct ReportPageTests {
    @Test(
        "The page is well formed for runs of every shape",
        arguments: [(0, 0, 0), (1, 0, 1), (4, 2, 6), (0, 3, 2), (30, 12, 5), (3, 1, 400)]
    )
    func wellFormed(_ honest: Int, _ cheaters: Int, _ rounds: Int) {
        let summary = RunSamples.summary(
            honest: honest,
            cheaters: Array(repeating: "replay", count: cheaters),
            rounds: rounds
        )
        #expect(MarkupBalance.fault(ReportPage(summary).html) == nil)
    }

    @Test("Everything a reader looks for is on the page")
    func content() {
        let summary = RunSamples.summary(cheaters: ["replay", "label-flip"])
        let html = ReportPage(summary).html
        let expected = [
            "Digits", "mlp 64-64-10", "96.93 %", "0.1234", summary.modelDigest, summary.ledgerRoot, "1\u{202F}234",
            "tributary audit digits-20260102-030405", "tributary ledger verify digits-20260102-030405",
            "2 of 6 participants cheated", "replay · earned 0.4 % of an honest share",
            "label-flip · earned 0.4 % of an honest share", "▲ cheated", "honest mean", "stale", "duplicate",
            "no quorum", "rounds 4–6", "prefers-color-scheme:dark", "@media print",
        ]
        for text in expected { #expect(html.contains(text), "\(text)") }
        for participant in summary.participants {
            #expect(html.contains(">\(participant.label)</span>"))
            #expect(html.contains(TokenAmount.text(participant.paid)))
            #expect(html.contains(participant.did))
        }
        for round in summary.rounds { #expect(html.contains("<th scope=\"row\" class=\"figure\">\(round.round)</th>")) }
    }

    @Test("The page asks the network for nothing and runs nothing")
    func selfContained() {
        let html = ReportPage(RunSamples.summary()).html
        for text in [
            "http:", "https:", "<script", "<link", "<img", "@import", "src=", "href=", "<iframe", "javascript:",
        ] {
            #expect(!html.contains(text), "\(text)")
        }
        #expect(html.contains("default-src 'none'"))
    }

    @Test("Texts of every field are escaped")
    func escaping() {
        let evil = "</style></title><script>alert(\"1\")</script>&'\u{202E}\u{0}"
        var summary = RunSamples.summary(honest: 30)
        summary.run = evil
        summary.scenario = evil
        summary.task = evil
        summary.dataset = evil
        summary.model = evil
        summary.modelDigest = evil
        summary.ledgerRoot = evil
        summary.asset = evil
        summary.kernels = evil
        for index in summary.participants.indices {
            summary.participants[index].label = evil
            summary.participants[index].did = evil
            summary.participants[index].population = evil
        }
        for index in summary.rounds.indices { summary.rounds[index].refused = [evil: 1] }
        let html = ReportPage(summary).html
        #expect(MarkupBalance.fault(html) == nil)
        #expect(!html.contains("<script"))
        #expect(!html.unicodeScalars.contains { $0 == "\u{202E}" || $0 == "\u{0}" })
        #expect(html.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;"))
    }

    @Test("The commands quote a name that a shell would take apart")
    func shell() {
        var summary = RunSamples.summary()
        summary.run = "a b'; rm"
        let word = #"&#39;a b&#39;\&#39;&#39;; rm&#39;"#
        #expect(ReportPage(summary).html.contains("tributary audit \(word)\n"))
    }

    @Test("A large run's page stays small enough to open")
    func large() {
        let cheaters = Array(repeating: "noise", count: 900)
        let summary = RunSamples.summary(honest: 300, cheaters: cheaters, rounds: 900)
        let html = ReportPage(summary).html
        #expect(html.utf8.count < 4_000_000)
        #expect(html.contains("200 more participants are in summary.json"))
        #expect(html.contains("Each column is the mean of 7 rounds"))
        #expect(MarkupBalance.fault(html) == nil)
    }

    @Test("A run without cheaters, pay or scores says so instead of drawing nothing")
    func empty() {
        var summary = RunSamples.summary(honest: 2, cheaters: [], rounds: 0)
        for index in summary.participants.indices { summary.participants[index].paid = 0 }
        let html = ReportPage(summary).html
        #expect(html.contains("all honest"))
        #expect(html.contains("Nobody was paid in this run."))
        #expect(html.contains("No scores were recorded by round."))
        #expect(html.contains("Not measured in this run."))
        #expect(!html.contains("class=\"verdict\""))
    }
}
