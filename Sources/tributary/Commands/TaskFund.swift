import AgentClient
import ArgumentParser
import Foundation
import Ledger

/// `tributary task fund`.
struct TaskFund: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fund", abstract: "Add to a task's pool from its sponsor's account.",
        discussion: """
            The task must run and have a sponsor. The price of a nat is the pool over target_drop, so that a larger pool
            pays more for all that the task learned and learns. What is not earned returns at the close.

            EXAMPLES
              tributary task fund digits-sponsored 250
              tributary task fund 1a2b3c4d 0.5
            """)

    @Argument(help: ArgumentHelp("The task's name, or the beginning of its id.", valueName: "task"))
    var task: String

    @Argument(help: ArgumentHelp("Tokens to add, with at most six decimals.", valueName: "amount"))
    var amount: String

    @OptionGroup var home: CoordinatorHomeOption
    @OptionGroup var output: OutputOptions

    struct Answer: Encodable {
        let task: String
        let name: String
        let added: UInt64
    }

    func validate() throws {
        guard let units = TokenAmount.units(amount), units > 0 else {
            throw ValidationError("the amount must be tokens above 0, such as 250 or 0.5, not \(amount)")
        }
    }

    func run() throws {
        let client = try CoordinatorClient(home.folder)
        let found = try OpenTask(named: task, at: client)
        let units = TokenAmount.units(amount) ?? 0
        try client.ask { connection in
            _ = try await connection.send("POST", "/v1/tasks/\(found.id)/deposits/\(units)", body: nil)
        }
        if output.json {
            return try Envelope.print(command: "task fund", Answer(task: found.id, name: found.name, added: units))
        }
        Terminal.line("added   \(TokenAmount.text(units)) to the pool of \(found.name) (\(found.id.prefix(12))…)")
    }
}
