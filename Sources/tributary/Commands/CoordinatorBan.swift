import AgentClient
import ArgumentParser
import CoordinatorServer
import Foundation
import Wire

/// `tributary coordinator ban`: keep a participant out, or let it in again.
struct CoordinatorBan: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ban", abstract: "Keep a participant out, or let it in again.",
        discussion: """
            What it earned stays its own; the ledger does not forget. `tributary coordinator status` shows the numbers.

            EXAMPLES
              tributary coordinator ban 17
              tributary coordinator ban 17 --lift
            """)

    @Argument(help: ArgumentHelp("The participant's number.", valueName: "number"))
    var number: UInt32

    @Flag(name: .long, help: "Let it in again.")
    var lift = false

    @Option(name: .long, help: ArgumentHelp("Why, for the log.", valueName: "text"))
    var reason = ""

    @OptionGroup var home: CoordinatorHomeOption
    @OptionGroup var output: OutputOptions

    struct Answer: Encodable {
        let participant: UInt32
        let banned: Bool
    }

    func run() throws {
        let client = try CoordinatorClient(home.folder)
        if let lock = try client.lockIfIdle() {
            try withExtendedLifetime(lock) { try BanList(folder: client.folder).set(number, isBanned: !lift) }
        } else {
            let (number, lift, reason) = (number, lift, reason)
            try client.ask { connection in
                var request = WireBanRequest()
                request.banned = !lift
                request.reason = reason
                let body = try CoordinatorConnection.message(request)
                _ = try await connection.send("POST", "/v1/participants/\(number)/ban", body: body)
            }
        }
        if output.json {
            return try Envelope.print(command: "coordinator ban", Answer(participant: number, banned: !lift))
        }
        Terminal.line(lift ? "participant \(number) may take part again" : "participant \(number) is banned")
    }
}
