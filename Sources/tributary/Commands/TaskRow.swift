import Attestation
import Foundation
import Wire

/// A task of a coordinator, as commands show it.
struct TaskRow: Encodable {
    let task: String
    let name: String
    let stage: String
    let round: UInt32
    let rounds: UInt32
    let accepted: UInt32
    let invited: UInt32
    let accuracy: Double?
    let waitingFor: String?

    enum CodingKeys: String, CodingKey {
        case task, name, stage, round, rounds, accepted, invited, accuracy
        case waitingFor = "waiting_for"
    }

    init(_ summary: WireTaskSummary) {
        task = (try? Digest(bytes: summary.task))?.hex ?? ""
        name = summary.name
        stage = summary.stage
        round = summary.round
        rounds = summary.rounds
        accepted = summary.accepted
        invited = summary.invited
        accuracy = summary.accuracyPpm == 0 ? nil : Double(summary.accuracyPpm) / 1_000_000
        waitingFor = summary.waitingFor.isEmpty ? nil : summary.waitingFor
    }

    /// A cell that is filled up, and never cut: half a number would be another one.
    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// Prints tasks, a line each, and what each waits for.
    static func printTable(_ rows: [TaskRow], home: CoordinatorHomeOption) {
        guard !rows.isEmpty else {
            return Terminal.line("no tasks; open one with `tributary task open FILE\(home.flag)`")
        }
        Terminal.line("task          name                      stage         round     accuracy")
        for row in rows {
            let cells = [
                String(row.task.prefix(12)), row.name.padding(toLength: 24, withPad: " ", startingAt: 0),
                row.stage.padding(toLength: 12, withPad: " ", startingAt: 0),
                Self.padded("\(row.round) of \(row.rounds)", to: 8),
                row.accuracy.map { String(format: "%.4f", $0) } ?? "-",
            ]
            Terminal.line(cells.joined(separator: "  "))
            if let waitingFor = row.waitingFor { Terminal.line("              \(waitingFor)") }
        }
    }
}
