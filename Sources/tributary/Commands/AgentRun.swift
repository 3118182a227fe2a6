import AgentClient
import ArgumentParser
import Attestation
import Federation
import Foundation
import Ledger
import Tensors
import Wire

/// `tributary agent run`: work until told to stop.
struct AgentRun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Wait for rounds, train, send, keep the receipts.",
        discussion: """
            Runs until Ctrl-C or SIGTERM, through lost links and restarts of either side; what was trained and not yet
            acknowledged is sent again after a power cut. It says in one line what it did in a round, or what it waits for.

            EXAMPLES
              tributary agent run
              tributary agent run --home ./agent-1 --data digits --once
              tributary agent run --exit-when-closed --json
              tributary agent run --scenario Simulations/scenarios/digits-default.yaml --participant 3
            """)

    @OptionGroup var home: AgentHomeOption
    @OptionGroup var choice: TrainerChoice
    @OptionGroup var output: OutputOptions

    @Flag(name: .long, help: "Stop after one contribution is answered.")
    var once = false

    @Option(name: .long, help: ArgumentHelp("Stop after so many contributions are answered.", valueName: "n"))
    var rounds: Int?

    @Flag(name: .customLong("exit-when-closed"), help: "Stop when every task of the coordinator is closed.")
    var exitWhenClosed = false

    struct Answer: Encodable {
        let participant: UInt32
        let answered: Int
        let accepted: Int
        let receipts: Int
        let balance: UInt64?
        let lastRound: AgentState.LastRound?

        enum CodingKeys: String, CodingKey {
            case participant, answered, accepted, receipts, balance
            case lastRound = "last_round"
        }
    }

    func validate() throws {
        if let rounds, rounds < 1 { throw ValidationError("--rounds must be at least 1, not \(rounds)") }
    }

    func run() throws {
        let folder = home.folder
        let (join, key) = try folder.joined()
        let lock = try folder.open()
        defer { withExtendedLifetime(lock) {} }
        var settings = try AgentSettings(
            text: try folder.text(at: folder.settingsPath) ?? "",
            threads: ProcessInfo.processInfo.activeProcessorCount)
        let consent = try folder.consent()
        let (trainer, data) = try choice.make(&settings)
        Machine.setNiceness(settings.nice)
        // A round needs as many: the model, the one in training, the update.
        ZeroedMemory.keepSpares(3)
        let rules = AgentRules(settings: settings, consent: consent, data: data)
        let goal = AgentGoal(roundCount: once ? 1 : rounds, endsWhenClosed: exitWhenClosed)
        let answered = try InterruptibleWork.run {
            do {
                return try await CoordinatorConnection.with(join: join, key: key) { connection in
                    let participant = try await Self.participant(connection, in: folder)
                    let runner = AgentRunner(
                        calls: connection,
                        identity: AgentRunner.Identity(key: key, participant: participant, verifier: join.verifier),
                        folder: folder, rules: rules, trainer: trainer, goal: goal,
                        observer: { AgentLog.line($0.line) })
                    return try await runner.run()
                }
            } catch let error as AgentError where error.code == .stopped {
                return 0
            }
        }
        guard output.json else { return }
        let state = folder.state()
        try Envelope.print(
            command: "agent run",
            Answer(
                participant: state.participant ?? 0, answered: answered, accepted: state.acceptedCount,
                receipts: try folder.receiptSequences().count, balance: state.balance, lastRound: state.lastRound))
    }

    /// The number that the coordinator knows this key by; waits for a coordinator that does not answer.
    private static func participant(
        _ connection: CoordinatorConnection, in folder: AgentFolder
    ) async throws -> ParticipantNumber {
        let notices = RetryNotices(nowMs: { Machine.nowMs }, observer: { AgentLog.line($0.line) })
        let patience = Patience(trialCount: nil, notice: { notices.note($0, waitMs: $1) })
        _ = try await patience { () async throws(AgentError) in try await connection.information() }
        let session = try await patience { () async throws(AgentError) in try await connection.session() }
        guard session.registered else {
            throw AgentError(
                .notJoined, "the coordinator does not know this agent's key",
                hint: "run `\(folder.command("join"))` with the operator's join string again")
        }
        return session.participant
    }
}
