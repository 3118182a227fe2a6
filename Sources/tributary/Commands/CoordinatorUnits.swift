import AgentClient
import ArgumentParser
import Attestation
import Foundation
import Wire

/// `tributary coordinator units`: how much a participant counts in the average.
struct CoordinatorUnits: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "units", abstract: "Say how much a participant counts in the average.",
        discussion: """
            A participant has 1 to 8 units, 4 where nothing is said. They bound its influence and its pay, and hold from the
            next round opened. Give them by what you have checked, such as the size of its data: twice the median is 8.
            Never by what the participant claims. The change is an entry of the ledger.

            EXAMPLES
              tributary coordinator units 17 8
              tributary coordinator units 17 2 --task 1a2b3c4d…
            """)

    @Argument(help: ArgumentHelp("The participant's number.", valueName: "number"))
    var number: UInt32

    @Argument(help: ArgumentHelp("1 to 8.", valueName: "units"))
    var units: UInt32

    @Option(name: .long, help: ArgumentHelp("For one task alone: its id.", valueName: "id"))
    var task: String?

    @OptionGroup var home: CoordinatorHomeOption
    @OptionGroup var output: OutputOptions

    struct Answer: Encodable {
        let participant: UInt32
        let units: UInt32
    }

    func validate() throws {
        guard (1...8).contains(units) else { throw ValidationError("units must be 1 to 8, not \(units)") }
    }

    func run() throws {
        var request = WireUnitsRequest()
        request.units = units
        if let task { request.task = Data(try Digest(hex: task).bytes) }
        let asked = request
        let number = number
        try CoordinatorClient(home.folder).ask { connection in
            let body = try CoordinatorConnection.message(asked)
            _ = try await connection.send("POST", "/v1/participants/\(number)/units", body: body)
        }
        if output.json {
            return try Envelope.print(command: "coordinator units", Answer(participant: number, units: units))
        }
        Terminal.line("participant \(number) has \(units) units from the next round on")
    }
}
