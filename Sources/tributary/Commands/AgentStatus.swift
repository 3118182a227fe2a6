import AgentClient
import ArgumentParser
import Attestation
import Foundation
import Ledger
import Wire

/// `tributary agent status`: what the folder says, and the coordinator if it can be reached.
struct AgentStatus: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show what the agent does, has done and has earned.",
        discussion: """
            EXAMPLES
              tributary agent status
              tributary agent status --home ./agent-1 --json
            """)

    @OptionGroup var home: AgentHomeOption
    @OptionGroup var output: OutputOptions

    struct Answer: Encodable {
        let folder: String
        let did: String
        let coordinator: String
        let origin: String
        let participant: UInt32?
        let running: Bool
        let activity: String
        let activityMs: UInt64
        /// What keeps the agent from training now; null where nothing does.
        let wait: String?
        let reachable: Bool
        let problem: String?
        let balance: UInt64?
        let accepted: UInt32?
        let receipts: Int
        let openTasks: Int?
        let lastRound: AgentState.LastRound?

        enum CodingKeys: String, CodingKey {
            case folder, did, coordinator, origin, participant, running, activity, wait, reachable, problem, balance
            case accepted, receipts
            case activityMs = "activity_ms"
            case openTasks = "open_tasks"
            case lastRound = "last_round"
        }
    }

    func run() throws {
        let folder = home.folder
        let (join, key) = try folder.joined()
        let state = folder.state()
        let live = try InterruptibleWork.run { await Self.ask(join, key) }
        let settings = try AgentSettings(
            text: try folder.text(at: folder.settingsPath) ?? "",
            threads: ProcessInfo.processInfo.activeProcessorCount)
        let rules = AgentRules(settings: settings, consent: Consent(schema: nil), data: nil)
        var found: Live?
        var problem: String?
        switch live {
        case .success(let live): found = live
        case .failure(let error): problem = error.description
        }
        let answer = Answer(
            folder: folder.path, did: key.publicKey.did, coordinator: "\(join.host):\(join.port)",
            origin: join.verifier.name, participant: state.participant, running: folder.isBusy,
            activity: state.activity, activityMs: state.activityMs, wait: rules.wait(.machine)?.reason,
            reachable: found != nil, problem: problem, balance: found?.balance ?? state.balance,
            accepted: found?.accepted ?? UInt32(clamping: state.acceptedCount),
            receipts: try folder.receiptSequences().count, openTasks: found?.openTasks, lastRound: state.lastRound)
        if output.json { return try Envelope.print(command: "agent status", answer) }
        Self.show(answer, command: folder.command("run"))
    }

    /// What the coordinator says.
    private struct Live: Sendable {
        let balance: UInt64
        let accepted: UInt32
        let openTasks: Int
    }

    private static func ask(_ join: JoinString, _ key: SigningKey) async -> Result<Live, AgentError> {
        do throws(AgentError) {
            return .success(
                try await CoordinatorConnection.with(join: join, key: key) { (connection) async throws(AgentError) in
                    let information = try await connection.information()
                    let account = try await connection.account()
                    return Live(
                        balance: account.balance, accepted: account.contributions,
                        openTasks: information.openTasks.count)
                })
        } catch {
            return .failure(error)
        }
    }

    private static func show(_ answer: Answer, command: String) {
        let number = answer.participant.map(String.init) ?? "unknown"
        Terminal.line("agent        participant \(number) of \(answer.origin)")
        Terminal.line("key          \(answer.did)")
        Terminal.line("folder       \(answer.folder)")
        Terminal.line("running      \(answer.running ? "yes" : "no: \(command)")")
        if let wait = answer.wait { Terminal.line("now          \(wait)") }
        if !answer.activity.isEmpty {
            let age = (Machine.nowMs - min(answer.activityMs, Machine.nowMs)) / 1_000
            Terminal.line("last seen    \(answer.activity) (\(age) s ago)")
        }
        if let last = answer.lastRound {
            let outcome =
                last.sequence.map { "accepted (entry \($0))" } ?? "does not count: \(last.reason ?? "no reason given")"
            Terminal.line("last round   \(last.taskName) round \(last.round): \(outcome)")
        }
        let balance = answer.balance.map { TokenAmount.text($0) } ?? "unknown"
        Terminal.line("balance      \(balance)\(answer.reachable ? "" : " (as last heard)")")
        Terminal.line("accepted     \(answer.accepted ?? 0), receipts \(answer.receipts)")
        if let openTasks = answer.openTasks {
            let tasks = openTasks == 1 ? "1 open task" : "\(openTasks) open tasks"
            Terminal.line("coordinator  \(answer.coordinator) answers; \(tasks)")
        } else {
            Terminal.line("coordinator  \(answer.problem ?? "\(answer.coordinator) does not answer")")
        }
    }
}
