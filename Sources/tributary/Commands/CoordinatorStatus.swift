import AgentClient
import ArgumentParser
import Attestation
import CoordinatorServer
import Foundation
import Ledger
import Wire

/// `tributary coordinator status`: what runs, who is there, what is waited for.
struct CoordinatorStatus: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the running coordinator: its tasks and participants.",
        discussion: """
            EXAMPLES
              tributary coordinator status
              tributary coordinator status --home /srv/tributary --json
            """)

    @OptionGroup var home: CoordinatorHomeOption
    @OptionGroup var output: OutputOptions

    struct Answer: Encodable {
        struct Participant: Encodable {
            let number: UInt32
            let label: String
            let did: String
            let lastSeenMs: UInt64?
            let available: Bool
            let banned: Bool
            let balance: UInt64

            enum CodingKeys: String, CodingKey {
                case number, label, did, available, banned, balance
                case lastSeenMs = "last_seen_ms"
            }
        }

        let origin: String
        let version: String
        let nowMs: UInt64
        let tasks: [TaskRow]
        let participants: [Participant]

        enum CodingKeys: String, CodingKey {
            case origin, version, tasks, participants
            case nowMs = "now_ms"
        }
    }

    func run() throws {
        let (info, tasks, people) = try CoordinatorClient(home.folder).ask { connection in
            (
                try await connection.information(),
                try await connection.ask(
                    "GET", "/v1/tasks", as: WireTaskList.self, answerLimit: WireLimits.entryPageByteCount),
                try await connection.ask(
                    "GET", "/v1/participants", as: WireParticipantList.self, answerLimit: Self.listByteCount)
            )
        }
        let answer = Answer(
            origin: info.origin, version: info.version, nowMs: info.nowMs, tasks: tasks.tasks.map(TaskRow.init),
            participants: people.participants.map { line in
                Answer.Participant(
                    number: line.participant, label: line.label,
                    did: (try? PublicKey(bytes: line.publicKey))?.did ?? "",
                    lastSeenMs: line.lastSeenMs == 0 ? nil : line.lastSeenMs, available: line.available,
                    banned: line.banned, balance: line.balance)
            })
        if output.json { return try Envelope.print(command: "coordinator status", answer) }
        Terminal.line(
            "\(answer.origin): \(info.participants) participant\(info.participants == 1 ? "" : "s"), \(info.available) available"
        )
        Terminal.line()
        TaskRow.printTable(answer.tasks, home: home)
        Terminal.line()
        printPeople(answer)
    }

    /// A list of as many participants as a federation may have.
    private static let listByteCount = 64 << 20

    private func printPeople(_ answer: Answer) {
        guard !answer.participants.isEmpty else {
            return Terminal.line("nobody has joined; `tributary coordinator invite\(home.flag)` prints a join string")
        }
        Terminal.line("number  label                     seen          balance")
        for person in answer.participants {
            let label = person.label.isEmpty ? String(person.did.suffix(12)) : person.label.shown()
            let seen =
                person.banned
                ? "banned" : person.lastSeenMs.map { Self.ago(answer.nowMs, $0) } ?? "never"
            let cells = [
                String(person.number).padding(toLength: 6, withPad: " ", startingAt: 0),
                label.padding(toLength: 24, withPad: " ", startingAt: 0),
                seen.padding(toLength: 12, withPad: " ", startingAt: 0), TokenAmount.text(person.balance),
            ]
            Terminal.line(cells.joined(separator: "  "))
        }
    }

    private static func ago(_ nowMs: UInt64, _ thenMs: UInt64) -> String {
        let seconds = (nowMs - min(nowMs, thenMs)) / 1_000
        switch seconds {
        case ..<120: return "\(seconds) s ago"
        case ..<7_200: return "\(seconds / 60) min ago"
        default: return "\(seconds / 3_600) h ago"
        }
    }
}
