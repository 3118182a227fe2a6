import AgentClient
import ArgumentParser
import Datasets
import Foundation
import Wire

/// `tributary agent join`: from a pasted line to a registered participant.
struct AgentJoin: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join", abstract: "Join the coordinator of a join string.",
        discussion: """
            Checks that the server is the one that the join string names (its certificate and its log's key), makes a key
            for this machine, and registers it. Joining again with the same string changes nothing.

            EXAMPLES
              tributary agent join tributary://example.org:8440/… --data /srv/mydata --label "north gate"
              tributary agent join tributary://127.0.0.1:8440/… --data digits --home ./agent-1
            """)

    @Argument(help: ArgumentHelp("The line that `coordinator invite` printed.", valueName: "join-string"))
    var joinString: String

    @Option(name: .long, help: ArgumentHelp("Data set: a folder, a file, or \"digits\".", valueName: "path"))
    var data: String?

    @Option(name: .long, help: ArgumentHelp("A name for people; everybody can read it.", valueName: "text"))
    var label: String = ""

    @OptionGroup var home: AgentHomeOption
    @OptionGroup var output: OutputOptions

    struct Answer: Encodable {
        let did: String
        let participant: UInt32
        let registration: UInt64
        let origin: String
        let folder: String
        let openTasks: Int

        enum CodingKeys: String, CodingKey {
            case did, participant, registration, origin, folder
            case openTasks = "open_tasks"
        }
    }

    func validate() throws {
        guard label.utf8.count <= WireLimits.labelByteCount else {
            throw ValidationError("--label has \(label.utf8.count) bytes; at most \(WireLimits.labelByteCount) fit")
        }
    }

    func run() throws {
        let join = try JoinString(parsing: joinString)
        let folder = home.folder
        let source = try (data ?? Self.dataToConsentTo(in: folder)).map { try AgentData.load($0) }
        let label = label
        let outcome = try InterruptibleWork.run {
            try await AgentEnrolment(folder: folder, join: join).run(
                label: label, data: source?.name, schema: source?.schema)
        }
        if output.json {
            return try Envelope.print(
                command: "agent join",
                Answer(
                    did: outcome.did, participant: outcome.participant, registration: outcome.registration,
                    origin: outcome.origin, folder: folder.path, openTasks: outcome.openTaskCount))
        }
        if let seconds = outcome.clockAheadSeconds {
            AgentLog.line(AgentEvent.clockDiffers(seconds: seconds).line)
        }
        Terminal.line("joined   \(outcome.origin) (\(join.host):\(join.port)), certificate and log key as pinned")
        Terminal.line("number   \(outcome.participant) (ledger entry \(outcome.registration))")
        Terminal.line("key      \(outcome.did)")
        Terminal.line("folder   \(folder.path)  (keep a copy of the file key: it is the participant)")
        Terminal.line("consent  \(folder.consentPath)")
        let dataFlag = data == nil ? " --data PATH" : ""
        let homeFlag = home.home.map { " --home \($0)" } ?? ""
        Terminal.line("next     tributary agent run\(homeFlag)\(dataFlag)")
    }

    /// The data that agent.yaml names for the built-in trainer, where a consent file is to be written for them.
    private static func dataToConsentTo(in folder: AgentFolder) throws -> String? {
        guard try folder.text(at: folder.consentPath) == nil, let text = try folder.text(at: folder.settingsPath)
        else { return nil }
        let settings = try AgentSettings(text: text, threads: 1)
        return settings.trainer == nil ? settings.data : nil
    }
}
