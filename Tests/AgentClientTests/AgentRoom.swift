import AgentClient
import Attestation
import Federation
import Ledger
import Synchronization
import TestSupport
import Wire

/// An agent of a fake coordinator in a folder of its own.
final class AgentRoom: Sendable {
    let folder: AgentFolder
    let coordinator: FakeCoordinator
    let key: SigningKey
    let task: TaskConfiguration
    private let join: JoinString
    private let temporary: Mutex<TemporaryFolder>
    private let lines = Mutex<[String]>([])

    init(rounds: UInt32 = 3, task given: TaskConfiguration? = nil) throws {
        let temporaryFolder = try TemporaryFolder()
        folder = AgentFolder(path: "\(temporaryFolder.path)/agent")
        temporary = Mutex(temporaryFolder)
        task = try given ?? Fixtures.task()
        key = try Fixtures.key("participant")
        join = try Fixtures.join()
        let signer = try NoteSigner(name: "test.log/x", key: Fixtures.key("log"))
        coordinator = try FakeCoordinator(task: task, rounds: rounds, signer: signer)
    }

    /// What the agent has told so far.
    var log: [String] { lines.withLock { $0 } }

    /// An agent on the folder; the last one must be done with it.
    func runner(
        trainer: any AgentTrainer = ZeroTrainer(), consent: Consent = Consent(schema: nil),
        rounds: Int? = nil, surroundings: AgentSurroundings = Fixtures.surroundings()
    ) -> AgentRunner {
        AgentRunner(
            calls: coordinator,
            identity: AgentRunner.Identity(
                key: key, participant: 3, verifier: join.verifier),
            folder: folder, rules: AgentRules(settings: AgentSettings(threads: 1), consent: consent, data: nil),
            trainer: trainer, goal: AgentGoal(roundCount: rounds, endsWhenClosed: true), surroundings: surroundings,
            observer: { event in self.lines.withLock { $0.append(event.line) } })
    }
}
