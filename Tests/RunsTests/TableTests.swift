import Runs
import Testing

@Suite("Tables")
struct TableTests {
    @Test("Every line of the live table is as wide as its head")
    func widths() {
        for roundCount in [1, 30, 100_000] {
            let table = RoundTable(roundCount: roundCount, style: .plain)
            let heads = table.header.split(separator: "\n")
            #expect(heads.count == 2 && heads[0].count == heads[1].count)
            for round in RunSamples.summary().rounds {
                for eta in [nil, 0, 0.01, 59.96, 3_600.0, 1e7] as [Double?] {
                    let line = table.line(for: round, eta: eta)
                    let extra = round.outcome == .noQuorum ? "  no quorum".count : 0
                    #expect(line.count == heads[0].count + extra, "\(line)")
                }
            }
        }
    }

    @Test("A line shows what the round did")
    func line() {
        let round = RoundSummary(
            round: 7,
            accepted: 14,
            refused: ["stale": 1],
            validationLossBefore: 0.5124,
            validationLossAfter: 0.5,
            testLoss: 0.3456,
            testAccuracy: 0.91237,
            uploadBytes: 500_000,
            downloadBytes: 734_000,
            seconds: 0.0421
        )
        let line = RoundTable(roundCount: 30, style: .plain).line(for: round, eta: 75)
        #expect(
            line.split(separator: " ").map(String.init)
                == [
                    "7", "of", "30", "14/1", "0.3456", "91.24", "%", "1.23", "MB", "42", "ms", "12.4", "mnat", "1", "m",
                    "15", "s",
                ]
        )
    }

    @Test("The live table says what a round learned, which is what is paid; nothing for a round that gave no model")
    func learned() {
        let table = RoundTable(roundCount: 9, style: .plain)
        #expect(table.header.contains("learned") && !table.header.contains("paid"))
        var round = RoundSummary(round: 1, validationLossBefore: 1.5, validationLossAfter: 1.75)
        #expect(table.line(for: round, eta: nil).contains("-250.0 mnat"))
        round.validationLossBefore = nil
        #expect(!table.line(for: round, eta: nil).contains("mnat"))
        for outcome in [RoundOutcome.noQuorum, .diverged, .abandoned] {
            round.outcome = outcome
            #expect(table.line(for: round, eta: nil).hasSuffix("  \(outcome.rawValue)"))
        }
    }

    @Test("Colour is used on a terminal only, and not where NO_COLOR or a dumb terminal declines it")
    func styles() {
        let round = RunSamples.summary().rounds[1]
        #expect(!RoundTable(roundCount: 9, style: .plain).line(for: round, eta: 1).contains("\u{1B}"))
        let coloured = RoundTable(roundCount: 9, style: .coloured)
        #expect(coloured.line(for: round, eta: 1).contains("\u{1B}[") && coloured.header.contains("\u{1B}["))
        #expect(TableStyle.suited(isTerminal: true, environment: [:]) == .coloured)
        #expect(TableStyle.suited(isTerminal: false, environment: [:]) == .plain)
        #expect(TableStyle.suited(isTerminal: true, environment: ["NO_COLOR": "1"]) == .plain)
        #expect(TableStyle.suited(isTerminal: true, environment: ["NO_COLOR": ""]) == .coloured)
        #expect(TableStyle.suited(isTerminal: true, environment: ["TERM": "dumb"]) == .plain)
    }

    @Test("The final table lists everybody, best paid first, and marks who cheated")
    func final() {
        let summary = RunSamples.summary()
        let lines = FinalTable(asset: "TRB", style: .plain).text(for: summary.participants).split(separator: "\n")
        #expect(lines.count == 2 + 6 + 1)
        #expect(lines[2...5].allSatisfy { $0.hasPrefix("honest-") && !$0.contains("▲") })
        #expect(lines[6...7].allSatisfy { $0.contains("▲ cheats") && $0.contains("0.4 %") && $0.contains("0.120000") })
        #expect(Set(lines[0...5].map(\.count)).count == 1)
        let amounts = lines[2...5].map { $0.split(separator: " ")[4] }
        #expect(amounts == amounts.sorted(by: >))
        #expect(lines[8].hasPrefix("2 of 6 participants cheated."))
        let short = FinalTable(asset: "TRB", style: .plain).text(for: summary.participants, limit: 2)
        #expect(short.contains("… and 4 more in summary.json"))
    }

    @Test("A label cannot move the cursor or turn the line around")
    func control() {
        var one = RunSamples.summary().participants[0]
        one.label = "a\u{1B}[2J\u{202E}\r\nb"
        let text = FinalTable(asset: "T", style: .plain).text(for: [one])
        #expect(text.split(separator: "\n").count == 3)
        #expect(!text.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" || $0 == "\r" })
    }

    @Test("The verdict adds up what cheating earned")
    func verdict() {
        let summary = RunSamples.summary()
        let verdict = CheatingVerdict(summary.participants)
        #expect(verdict?.paidToCheaters == 240_000)
        #expect(verdict?.paidToAll == summary.paidTotal)
        #expect(CheatingVerdict(summary.participants.filter { !$0.cheats }) == nil)
        var poor = summary.participants
        for index in poor.indices where poor[index].cheats { poor[index].paid = 0 }
        #expect(CheatingVerdict(poor)?.sentence == "2 of 6 participants cheated. They earned nothing.")
    }
}
