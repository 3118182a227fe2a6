import ArgumentParser
import Foundation
import Runs

/// `tributary runs`: what was run here.
struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "List, show and value runs.",
        discussion: """
            EXAMPLES
              tributary runs
              tributary runs show latest
              tributary runs value latest
            """, subcommands: [List.self, Show.self, RunsValue.self],
        defaultSubcommand: List.self)

    /// `tributary runs list`.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the runs, newest first.",
            discussion: """
                EXAMPLES
                  tributary runs list
                  tributary runs list --runs elsewhere --json
                """)

        @OptionGroup var runsOptions: RunsOptions
        @OptionGroup var output: OutputOptions

        struct Row: Encodable {
            let name: String
            let rounds: Int?
            let accuracy: Double?
            let seed: UInt64?
            let seconds: Double?
        }

        func run() throws {
            let rows = try RunFolder.list(in: runsOptions.url).map { listing in
                Row(
                    name: listing.name, rounds: listing.summary?.rounds.count, accuracy: listing.summary?.accuracy,
                    seed: listing.summary?.seed, seconds: listing.summary?.seconds)
            }
            if output.json { return try Envelope.print(command: "runs list", rows) }
            guard !rows.isEmpty else {
                return Terminal.line("no runs in \(runsOptions.runsFolder); `tributary simulate` makes one")
            }
            let width = max(4, rows.map(\.name.count).max() ?? 4)
            Terminal.line(
                "\("run".padding(toLength: width, withPad: " ", startingAt: 0))  rounds  accuracy  seed  seconds")
            for row in rows {
                let name = row.name.padding(toLength: width, withPad: " ", startingAt: 0)
                guard let rounds = row.rounds, let accuracy = row.accuracy else {
                    Terminal.line("\(name)  (not finished)")
                    continue
                }
                let figures = String(
                    format: "%6d  %8.4f  %4d  %7.1f", rounds, accuracy, Int(row.seed ?? 0), row.seconds ?? 0)
                Terminal.line("\(name)  \(figures)")
            }
        }
    }

    /// `tributary runs show`.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one run: its rounds and participants.",
            discussion: """
                EXAMPLES
                  tributary runs show latest
                  tributary runs show digits-default --json
                """)

        @Argument(help: ArgumentHelp("Run: a folder, a name, the beginning of one, or \"latest\".", valueName: "run"))
        var run_: String = "latest"

        @OptionGroup var runsOptions: RunsOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            let folder = try runsOptions.find(run_)
            let summary = try folder.readSummary()
            if output.json { return try Envelope.print(command: "runs show", summary) }
            let table = RoundTable(roundCount: summary.rounds.count, style: Terminal.style)
            Terminal.line(
                "\(summary.run): \(summary.scenario), \(summary.model) on \(summary.dataset), seed \(summary.seed)")
            Terminal.line()
            Terminal.raw(table.header + "\n")
            for round in summary.rounds { Terminal.raw(table.line(for: round, eta: nil) + "\n") }
            Terminal.line()
            Terminal.raw(FinalTable(asset: summary.asset, style: Terminal.style).text(for: summary.participants) + "\n")
            Terminal.line()
            Terminal.line("report   \(folder.report.path)")
        }
    }
}
