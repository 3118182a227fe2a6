import ArgumentParser
import Audit
import Foundation
import Ledger
import Runs
import Simulation

/// `tributary runs value`: what a run paid, beside exact Shapley values.
struct RunsValue: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "value", abstract: "Hold a run's pay against exact Shapley values.",
        discussion: """
            Two games among at most \(ShapleyGame.playerLimit) participants. Round by round: the absent send zeros, and
            a coalition is worth the fall of the validation loss that is left. With --exact also by retraining: every
            coalition trains alone from the start, and is worth the fall that it reaches. Beside each stands what a
            participant adds to all others (leave one out). The agreement is of shares; values below zero count as zero.

            EXAMPLES
              tributary runs value latest
              tributary runs value breast-cancer-known --exact --json
            """)

    @Flag(name: .long, help: "Also train every coalition again.")
    var exact = false

    @Option(name: .long, help: ArgumentHelp("Data set: a folder, a file, or \"digits\".", valueName: "path"))
    var data: String?

    @OptionGroup var options: RunOptions

    func run() throws {
        let shows = !options.json && isatty(STDERR_FILENO) == 1
        let valuer = RunValuer(
            folder: try options.folder(), options: Auditor.Options(dataPath: data, threads: options.threads),
            progress: { stage in
                if shows { FileHandle.standardError.write(Data("\r\u{1B}[K\(stage)".utf8)) }
            })
        defer { if shows { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) } }
        let valuation = try valuer.value(isExact: exact)
        if options.json { return try Envelope.print(command: "runs value", ValuationOutput(valuation)) }
        describe(valuation)
    }

    private func describe(_ valuation: RunValuation) {
        let games = [valuation.rounds] + (valuation.retraining.map { [$0] } ?? [])
        var columns = [valuation.participants.map { Self.percent($0.paidShare) }]
        for game in games {
            for values in [game.shapley, game.leaveOneOut] {
                let shares = ValueComparison.shares(of: values)
                columns.append(values.indices.map { index in shares.map { Self.percent($0[index]) } ?? "–" })
            }
        }
        let names = ["rounds", "retraining"].prefix(games.count)
        let heads = ["paid"] + names.flatMap { _ in ["Shapley", "without"] }
        Terminal.line(valuation.run)
        Terminal.line()
        Terminal.line(Self.left("", 12) + Self.cells([""] + names.flatMap { ["", $0] }))
        Terminal.line(Self.left("participant", 12) + Self.cells(heads))
        for (index, participant) in valuation.participants.enumerated() {
            Terminal.line(Self.left(participant.label, 12) + Self.cells(columns.map { $0[index] }))
        }
        let agreements = games.flatMap { [$0.agreement, $0.leaveOneOutAgreement] }
        let rows: [(String, (ValueComparison) -> String)] = [
            ("correlation", { Self.figure($0.correlation) }), ("rank corr.", { Self.figure($0.spearman) }),
            ("misplaced", { $0.misplacedShare.map(Self.percent) ?? "–" }),
        ]
        Terminal.line()
        for row in rows { Terminal.line(Self.left(row.0, 12) + Self.cells([""] + agreements.map(row.1))) }
        Terminal.line()
        Terminal.line("Shapley: the mean of what one adds, over all orders. without: what the")
        Terminal.line("others lack without one. Shares of the pay, and of the values above zero.")
        if !exact { Terminal.line("With --exact also the game of retraining every coalition.") }
    }

    private static func left(_ text: String, _ width: Int) -> String {
        text.count > width
            ? String(text.prefix(width - 1)) + "…" : text + String(repeating: " ", count: width - text.count)
    }

    private static func cells(_ texts: [String]) -> String {
        texts.map { String(repeating: " ", count: max(1, 9 - $0.count)) + $0 }.joined()
    }

    private static func percent(_ share: Double) -> String { String(format: "%.2f%%", share * 100) }

    private static func figure(_ value: Double?) -> String { value.map { String(format: "%.4f", $0) } ?? "–" }
}

/// What `runs value --json` says. Values are in nat.
private struct ValuationOutput: Encodable {
    struct Agreement: Encodable {
        let correlation: Double?
        let spearman: Double?
        let misplacedShare: Double?

        enum CodingKeys: String, CodingKey {
            case correlation, spearman
            case misplacedShare = "misplaced_share"
        }

        init(_ comparison: ValueComparison) {
            correlation = comparison.correlation
            spearman = comparison.spearman
            misplacedShare = comparison.misplacedShare
        }
    }

    struct Games: Encodable {
        let rounds: Agreement
        let retraining: Agreement?
    }

    struct Participant: Encodable {
        let label: String
        let units: UInt32
        let paid: UInt64
        let paidShare: Double
        let rounds: Double
        let roundsWithout: Double
        let retraining: Double?
        let retrainingWithout: Double?

        enum CodingKeys: String, CodingKey {
            case label, units, paid, rounds, retraining
            case paidShare = "paid_share"
            case roundsWithout = "rounds_leave_one_out"
            case retrainingWithout = "retraining_leave_one_out"
        }
    }

    let run: String
    let rounds: Agreement
    let retraining: Agreement?
    let leaveOneOut: Games
    let participants: [Participant]
    let roundsTotal: Double
    let retrainingTotal: Double?

    enum CodingKeys: String, CodingKey {
        case run, rounds, retraining, participants
        case leaveOneOut = "leave_one_out"
        case roundsTotal = "rounds_total"
        case retrainingTotal = "retraining_total"
    }

    init(_ valuation: RunValuation) {
        run = valuation.run
        rounds = Agreement(valuation.rounds.agreement)
        retraining = valuation.retraining.map { Agreement($0.agreement) }
        leaveOneOut = Games(
            rounds: Agreement(valuation.rounds.leaveOneOutAgreement),
            retraining: valuation.retraining.map { Agreement($0.leaveOneOutAgreement) })
        participants = valuation.participants.enumerated().map { index, participant in
            Participant(
                label: participant.label, units: participant.units, paid: participant.paid,
                paidShare: participant.paidShare, rounds: valuation.rounds.shapley[index],
                roundsWithout: valuation.rounds.leaveOneOut[index],
                retraining: valuation.retraining?.shapley[index],
                retrainingWithout: valuation.retraining?.leaveOneOut[index])
        }
        roundsTotal = valuation.rounds.total
        retrainingTotal = valuation.retraining?.total
    }
}
