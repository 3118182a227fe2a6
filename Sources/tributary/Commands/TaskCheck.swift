import ArgumentParser
import Federation
import Foundation
import Simulation
import Training

/// `tributary task check`.
struct TaskCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Say what a task would pay, and to whom, before it is opened.",
        discussion: """
            FILE is a task file (it has schema:) or a scenario file. The task itself is simulated for a few rounds with a
            few participants: honest ones alone, then each time with somebody who does something else. Beside the figures
            stands what was measured on the digits under the same trust. Warnings do not make the command fail.

            EXAMPLES
              tributary task check Simulations/scenarios/digits-loopback.yaml
              tributary task check task.yaml --data /srv/validation --trials 5
              tributary task check task.yaml --data digits --json
            """)

    @Argument(help: ArgumentHelp("Task or scenario file (YAML).", valueName: "file"))
    var file: String

    @Option(name: .long, help: ArgumentHelp("Data set: a folder, a file, or \"digits\".", valueName: "path"))
    var data: String?

    @Option(name: .long, help: ArgumentHelp("Most rounds to simulate.", valueName: "n"))
    var rounds = TaskCheckLimits.roundCount

    @Option(name: .long, help: ArgumentHelp("Seeds to simulate each line with.", valueName: "n"))
    var trials = 2

    @OptionGroup var threadsOption: ThreadsOption
    @OptionGroup var output: OutputOptions

    func validate() throws {
        for (name, count, most) in [
            ("--rounds", rounds, TaskCheckLimits.roundCount), ("--trials", trials, TaskCheckLimits.trialCount),
        ] where !(1...most).contains(count) {
            throw ValidationError("\(name) must be 1 to \(most), not \(count)")
        }
    }

    func run() throws {
        let text = try ScenarioFile.read(file, hint: "name a task or scenario file")
        let effort = TaskCheckSubject.Effort(rounds: rounds, trials: trials, threads: threadsOption.threads)
        let check = try ScenarioFile.naming(file) {
            try TaskCheck(
                TaskCheckSubject(
                    text: text, folder: URL(fileURLWithPath: file).deletingLastPathComponent().path, dataPath: data,
                    effort: effort))
        }
        if output.json { return try Envelope.print(command: "task check", TaskCheckOutput(check)) }
        describe(check)
    }

    private func describe(_ check: TaskCheck) {
        let width = Terminal.columns
        let task = check.subject.scenario.task
        for line in Self.wrapped("\(task.name), \(task.architecture.summary)", width: width) { Terminal.line(line) }
        for part in check.parts where !part.findings.rows.isEmpty {
            Terminal.line()
            let isTable = part.findings.rows.contains { $0.research != nil }
            Terminal.line(isTable ? Self.left(part.title, 34) + Self.heads(part.title) : part.title)
            for row in part.findings.rows {
                if let research = row.research {
                    Terminal.line(Self.left("  \(row.label)", 36) + Self.right(row.text, 13) + Self.right(research, 10))
                } else if isTable {
                    let wrapped = Self.wrapped(row.text, width: width - 38)
                    let fits = row.text.count <= 13
                    let first = fits ? Self.right(row.text, 13) : "  " + (wrapped.first ?? "")
                    Terminal.line(Self.left("  \(row.label)", 36) + first)
                    if !fits { for line in wrapped.dropFirst() { Terminal.line(Self.left("", 38) + line) } }
                } else {
                    let lines = Self.wrapped(row.text, width: width - 17)
                    Terminal.line(Self.left("  \(row.label)", 17) + (lines.first ?? ""))
                    for line in lines.dropFirst() { Terminal.line(Self.left("", 17) + line) }
                }
            }
        }
        Terminal.line()
        for warning in check.warnings {
            let lines = Self.wrapped(warning.message, width: width - 9)
            Terminal.line("warning: \(lines.first ?? "")")
            for line in lines.dropFirst() { Terminal.line(Self.left("", 9) + line) }
        }
        if check.warnings.isEmpty { Terminal.line("no warnings") }
    }

    private static func heads(_ title: String) -> String {
        title.count > 34 ? "" : right("here", 15) + right("measured", 10)
    }

    private static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }

    /// The text in lines of at most so many characters; a longer word has a line of its own.
    private static func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= max(20, width) {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}

/// What `task check --json` says.
private struct TaskCheckOutput: Encodable {
    struct Row: Encodable {
        let key: String
        let label: String
        let text: String
        let values: [String: Double]
        let research: String?
    }

    struct Section: Encodable {
        let key: String
        let title: String
        let rows: [Row]
    }

    struct Warning: Encodable {
        let section: String
        let code: String
        let message: String
    }

    let name: String
    let dataset: String
    let sections: [Section]
    let warnings: [Warning]

    init(_ check: TaskCheck) {
        name = check.subject.scenario.task.name
        dataset = check.subject.datasetName
        sections = check.parts.map { part in
            Section(
                key: part.key, title: part.title,
                rows: part.findings.rows.map { row in
                    Row(key: row.key, label: row.label, text: row.text, values: row.values, research: row.research)
                })
        }
        warnings = check.parts.flatMap { part in
            part.findings.warnings.map { Warning(section: part.key, code: $0.code, message: $0.message) }
        }
    }
}
