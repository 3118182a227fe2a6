import AgentClient
import ArgumentParser
import CoordinatorServer
import Foundation
import Wire

/// `tributary coordinator invite`: a join string for a participant.
struct CoordinatorInvite: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invite", abstract: "Print a join string: where this coordinator is, what to pin, an invitation.",
        discussion: """
            Hand it out over a channel that both sides trust. It works whether the coordinator runs or not.

            EXAMPLES
              tributary coordinator invite
              tributary coordinator invite --uses 20 --expires 30d
              tributary coordinator invite --open --quiet
            """)

    @OptionGroup var home: CoordinatorHomeOption

    @Option(name: .long, help: ArgumentHelp("How many participants may join with it.", valueName: "n"))
    var uses: Int?

    @Flag(name: .long, help: "Any number of participants may join with it.")
    var open = false

    @Option(
        name: .long, help: ArgumentHelp("How long it is good for: 30m, 12h, 7d, or never.", valueName: "time"))
    var expires = "7d"

    @Option(
        name: .long,
        help: ArgumentHelp("How much each counts in the average, 1 to 8; 4 where nothing is said.", valueName: "n"))
    var units: UInt32?

    @Flag(name: .long, help: "Print the join string and nothing else.")
    var quiet = false

    @OptionGroup var output: OutputOptions

    struct Answer: Encodable {
        let join: String
        let uses: Int?
        let expiresMs: UInt64?

        enum CodingKeys: String, CodingKey {
            case join, uses
            case expiresMs = "expires_ms"
        }
    }

    func validate() throws {
        if let uses, !(1...1_000_000).contains(uses) {
            throw ValidationError("--uses must be 1 to 1000000, not \(uses)")
        }
        if let units, !(1...8).contains(units) { throw ValidationError("--units must be 1 to 8, not \(units)") }
        guard uses == nil || !open else { throw ValidationError("--uses and --open exclude each other") }
        guard Self.seconds(expires) != nil else {
            throw ValidationError("--expires must be such as 30m, 12h, 7d or never, not \(expires)")
        }
    }

    func run() throws {
        let client = try CoordinatorClient(home.folder)
        let nowMs = CoordinatorService.systemMs()
        let expiresMs = Self.seconds(expires).flatMap { $0 == 0 ? nil : nowMs + $0 * 1_000 }
        let limit = open ? nil : uses ?? 1
        let code: String
        if let lock = try client.lockIfIdle() {
            code = try withExtendedLifetime(lock) {
                try InvitationBook(folder: client.folder).make(
                    uses: limit, expiresMs: expiresMs, units: units ?? 0, nowMs: nowMs)
            }
        } else {
            let units = units
            code = try client.ask { connection in
                var request = WireInvitationRequest()
                request.uses = UInt32(limit ?? 0)
                request.expiresMs = expiresMs ?? 0
                request.units = units ?? 0
                return try await connection.ask("POST", "/v1/invitations", request, as: WireInvitation.self).code
            }
        }
        let join = try client.joinString(invitation: code).text
        if output.json {
            return try Envelope.print(
                command: "coordinator invite", Answer(join: join, uses: limit, expiresMs: expiresMs))
        }
        Terminal.line(join)
        guard !quiet else { return }
        let many = limit.map { $0 == 1 ? "one participant" : "\($0) participants" } ?? "any number of participants"
        let end = expires == "never" ? "" : ", within \(expires)"
        Terminal.line("for \(many)\(end); they paste it after: tributary agent join")
    }

    /// Seconds of a time such as `7d`; 0 for never; nil if it is none.
    private static func seconds(_ text: String) -> UInt64? {
        if text == "never" { return 0 }
        guard let unit = text.last, let count = UInt64(text.dropLast()), (1...100_000).contains(count) else {
            return nil
        }
        switch unit {
        case "s": return count
        case "m": return count * 60
        case "h": return count * 3_600
        case "d": return count * 86_400
        default: return nil
        }
    }
}
