import ArgumentParser
import Foundation
import Ledger
import Runs
import Simulation

/// `tributary attacks`: every known attack against the pay rules, in the simulator.
struct AttacksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attacks", abstract: "Try the known attacks on pay and model, and hold the claims against them.",
        discussion: """
            Each row adds attackers to honest participants and prints what all of the attackers' keys earned together,
            over the mean of the honest, and the accuracy that the model reached. Rows marked "measured" are open: no
            limit is claimed for them. Exit code 0 only if every claim holds.

            EXAMPLES
              tributary attacks --short
              tributary attacks --trials 5
              tributary attacks --trust known --only replay
            """)

    @Option(name: .long, help: ArgumentHelp("Seeds that each attack is tried with.", valueName: "n"))
    var trials = 3

    @Option(name: .long, help: ArgumentHelp("The first seed.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(name: .long, help: ArgumentHelp("open, known or both.", valueName: "trust"))
    var trust = "both"

    @Option(name: .long, help: ArgumentHelp("The proof level: L0 is the only one there is.", valueName: "level"))
    var level = "L0"

    @Option(name: .long, help: ArgumentHelp("Only rows whose name contains this.", valueName: "text"))
    var only: String?

    @Flag(
        name: .long,
        help: "Five honest participants, data alike, trust open, one seed; --trials and --trust do not count.")
    var short = false

    @OptionGroup var threadsOption: ThreadsOption
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...100).contains(trials) else { throw ValidationError("--trials must be 1 to 100, not \(trials)") }
        guard seed <= UInt64(Int32.max) else { throw ValidationError("--seed must be at most \(Int32.max)") }
        guard ["open", "known", "both"].contains(trust) else {
            throw ValidationError("--trust must be open, known or both, not \(trust)")
        }
        guard level == "L0" else { throw ValidationError("--level must be L0, not \(level)") }
        if rows.isEmpty { throw ValidationError("no attack's name contains \"\(only ?? "")\"") }
    }

    private var rows: [AttackRow] {
        AttackCatalogue.rows.filter { row in only.map { row.name.localizedCaseInsensitiveContains($0) } ?? true }
    }

    private var settings: [AttackSetting] {
        if short { return [AttackSetting(trust: .open, honestCount: 5)] }
        let trusts: [TaskTerms.Trust] = trust == "open" ? [.open] : trust == "known" ? [.known] : [.open, .known]
        return trusts.flatMap { trust in
            [5, 10].flatMap { count in
                [nil, 0.5].map { AttackSetting(trust: trust, honestCount: count, alpha: $0) }
            }
        }
    }

    struct Line: Encodable {
        let setting: String
        let attack: String
        let keys: Int
        let share: Double
        let spread: Double
        let accuracy: Double
        let claim: String
        let holds: Bool

        init(_ line: AttackLine) {
            setting = line.setting.name
            attack = line.name
            keys = line.row?.keyCount ?? 0
            share = line.row == nil ? 0 : line.share
            spread = line.row == nil ? line.honestSpread : line.shareSpread
            accuracy = line.accuracy
            claim = line.claim
            holds = line.broken.isEmpty
        }
    }

    func run() throws {
        let table = AttackTable(
            settings: settings, rows: rows, trialCount: short ? 1 : trials, firstSeed: seed)
        var lines: [Line] = []
        var setting: String?
        var brokenCount = 0
        try table.run(threads: threadsOption.threads) { line in
            let made = Line(line)
            lines.append(made)
            if !made.holds { brokenCount += 1 }
            guard !output.json else { return }
            if setting != made.setting {
                setting = made.setting
                let seeds = table.trialCount == 1 ? "seed \(seed)" : "\(table.trialCount) seeds from \(seed)"
                Terminal.line("\n\(made.setting), \(seeds)")
                Terminal.line(Self.head)
            }
            Terminal.line(Self.text(made, line))
        }
        if output.json {
            try Envelope.print(command: "attacks", lines)
        } else {
            let claimed = lines.filter { !$0.claim.hasPrefix("measured") }.count
            let others = "\(lines.count - claimed) rows are measured, and no limit is claimed for them"
            Terminal.line(
                "\n\(brokenCount) of \(claimed) claims are broken\(brokenCount == 0 ? "" : ", marked ✗"); \(others)")
        }
        if brokenCount > 0 { throw ExitCode(1) }
    }

    private static let head =
        TableCell.left("attack", 48) + TableCell.right("share", 8) + TableCell.right("± spread", 10)
        + TableCell.right("accuracy", 10) + "  " + TableCell.left("claim", 18)

    private static func text(_ made: Line, _ line: AttackLine) -> String {
        let share = line.row == nil ? "–" : String(format: "%.3f", made.share)
        let verdict = made.holds ? "" : "✗ " + line.broken.joined(separator: ", ")
        return TableCell.left(made.attack, 48) + TableCell.right(share, 8)
            + TableCell.right(String(format: "%.3f", made.spread), 10)
            + TableCell.right(String(format: "%.4f", made.accuracy), 10) + "  " + TableCell.left(made.claim, 18)
            + verdict
    }
}
