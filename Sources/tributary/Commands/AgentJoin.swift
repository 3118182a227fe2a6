import AgentClient
import ArgumentParser
import Datasets
import Foundation
import Ledger
import Wire

/// `tributary agent join`: from a pasted line to a registered participant.
struct AgentJoin: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join", abstract: "Join the coordinator of a join string.",
        discussion: """
            Checks that the server is the one that the join string names (its certificate and its log's key), makes a key
            for this machine, and registers it. Joining again with the same string makes no other participant: it writes
            agent.yaml and consent.yaml where they are missing, and puts --data into agent.yaml. A label stays as it is.

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
        /// As it was registered; one that is given later changes nothing.
        let label: String
        /// What agent.yaml names to train on.
        let data: String?

        enum CodingKeys: String, CodingKey {
            case did, participant, registration, origin, folder, label, data
            case openTasks = "open_tasks"
        }
    }

    func validate() throws {
        guard label.utf8.count <= WireLimits.labelByteCount else {
            throw ValidationError("--label has \(label.utf8.count) bytes; at most \(WireLimits.labelByteCount) fit")
        }
        if let fault = ParticipantLabel.fault(in: label) { throw ValidationError("--label: \(fault.shown())") }
    }

    func run() throws {
        let join = try JoinString(parsing: joinString)
        let folder = home.folder
        let source = try (data ?? Self.dataToConsentTo(in: folder)).map { try AgentData.load($0) }
        let label = label
        let given = data == nil ? nil : source?.name
        let outcome = try InterruptibleWork.run {
            try await AgentEnrolment(folder: folder, join: join).run(
                label: label, data: given, schema: source?.schema)
        }
        // What cannot be read of them is told by `run` and `doctor`.
        let settings = (try? folder.text(at: folder.settingsPath)).flatMap { text in
            try? AgentSettings(text: text, threads: 1)
        }
        if output.json {
            return try Envelope.print(
                command: "agent join",
                Answer(
                    did: outcome.did, participant: outcome.participant, registration: outcome.registration,
                    origin: outcome.origin, folder: folder.path, openTasks: outcome.openTaskCount,
                    label: outcome.label, data: settings?.data))
        }
        if let seconds = outcome.clockAheadSeconds {
            AgentLog.line(AgentEvent.clockDiffers(seconds: seconds).line)
        }
        Terminal.line("joined   \(outcome.origin) (\(join.host):\(join.port)), certificate and log key as pinned")
        Terminal.line("number   \(outcome.participant) (ledger entry \(outcome.registration))")
        Terminal.line("key      \(outcome.did)")
        Terminal.line("folder   \(folder.path)  (keep a copy of the file key: it is the participant)")
        if !label.isEmpty, label != outcome.label {
            Terminal.line("label    stays \"\(outcome.label)\": it is registered once, with the key")
        }
        if data != nil, let source {
            let objection = outcome.dataObjection.map { "not noted: \($0); set `data: \(source.name)` there" }
            Terminal.line("data     \(objection ?? "\(source.name), noted in \(folder.settingsPath)")")
        }
        Terminal.line("consent  \(folder.consentPath)\(Self.difference(folder, source))")
        let knowsWhatToTrainOn = settings?.data != nil || settings?.trainer != nil
        Terminal.line("next     \(folder.command("run"))\(knowsWhatToTrainOn ? "" : " --data PATH")")
    }

    /// What a consent file of before says against the data that were given now.
    private static func difference(_ folder: AgentFolder, _ source: AgentData?) -> String {
        guard let source, let schema = (try? folder.consent())?.schema, schema != source.schema else { return "" }
        return """
             is for \(schema.features) features and \(schema.classes) classes, the data have \
            \(source.schema.features) and \(source.schema.classes): change schema there
            """
    }

    /// The data that agent.yaml names for the built-in trainer, where a consent file is to be written for them.
    private static func dataToConsentTo(in folder: AgentFolder) throws -> String? {
        guard try folder.text(at: folder.consentPath) == nil, let text = try folder.text(at: folder.settingsPath)
        else { return nil }
        let settings = try AgentSettings(text: text, threads: 1)
        return settings.trainer == nil ? settings.data : nil
    }
}
