import ArgumentParser
import Attestation
import Federation
import Foundation
import Ledger
import Rehearsal
import Runs
import Simulation

/// `tributary rehearse`: a scenario carried out by real processes.
struct Rehearse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Carry out a scenario with real processes on this machine, and compare it with its simulation.",
        discussion: """
            Starts a coordinator and one agent for each participant over TLS on loopback, kills and restarts them where the
            schedule says, and holds model, pay and receipts against what `simulate` makes of the same scenario.

            EXAMPLES
              tributary rehearse Simulations/scenarios/digits-loopback.yaml --kills 1
              tributary rehearse Simulations/scenarios/digits-loopback.yaml --rounds 1000 --kills 500 --seed 1
            """)

    @Argument(help: ArgumentHelp("Scenario file (YAML): everybody must be in every round.", valueName: "scenario"))
    var scenarioPath: String

    @Option(name: .long, help: ArgumentHelp("How often somebody is killed with SIGKILL.", valueName: "n"))
    var kills = 0

    @Option(name: .long, help: ArgumentHelp("Seed of who is killed when.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(name: .long, help: ArgumentHelp("Rounds to run.", valueName: "n"))
    var rounds: Int?

    @OptionGroup var runsOptions: RunsOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (0...RehearsalLimits.killCount).contains(kills) else {
            throw ValidationError("--kills must be 0 to \(RehearsalLimits.killCount), not \(kills)")
        }
    }

    func run() async throws {
        let folder = URL(fileURLWithPath: scenarioPath).deletingLastPathComponent().path
        let federation = try PreparedFederation.load(text: ScenarioFile.read(scenarioPath), folder: folder) {
            if let rounds { $0.task.roundCount = rounds }
        }
        let run = try RunFolder.create(in: runsOptions.url, name: federation.scenario.task.name, now: Date())
        let plan = RehearsedScenario.Plan(
            binary: try Self.ownPath(), federation: federation, folder: run.url, kills: kills, seed: seed)
        let isSilent = output.json
        let rehearsal = try RehearsedScenario(plan) { step in
            if !isSilent { Self.show(step) }
        }
        let report = try await rehearsal.run()
        let failure = report.faults.first.map { CommandFailure(code: "differs", .auditFault, $0) }
        if output.json {
            try Envelope.print(
                command: "rehearse", RehearsalOutput(report, folder: rehearsal.coordinatorFolder.path),
                failure: failure)
        } else {
            conclude(report, coordinator: rehearsal.coordinatorFolder)
        }
        if let failure { throw CommandFailureError(failure: failure) }
    }

    private static func ownPath() throws -> String {
        let path = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return path
    }

    private static func show(_ step: RehearsedScenario.Progress) {
        switch step {
        case .ready(let address, let agents):
            Terminal.line("coordinator at https://\(address), \(agents) agents joined, task open")
        case .killed(let name, let number, let count):
            let isShown = count <= 20 || number % (count / 20) == 0
            if isShown { Terminal.line("kill -9 \(name), started again (\(number) of \(count))") }
        case .finished: Terminal.line("task closed; simulating the same scenario to compare\n")
        }
    }

    private func conclude(_ report: RehearsalReport, coordinator: URL) {
        Terminal.line(FinalTable(asset: "TRIB", style: Terminal.style).text(for: report.participants))
        Terminal.line()
        Terminal.line("rounds        \(report.rounds), accuracy \(Double(report.accuracyPpm) / 1e6)")
        Terminal.line("model         \(report.model)")
        Terminal.line("simulated     \(report.simulatedModel)\(report.model == report.simulatedModel ? ": equal" : "")")
        Terminal.line("ledger        \(report.entryCount) entries, root \(report.ledgerRoot)")
        Terminal.line("receipts      \(report.receiptCount) verified")
        for fault in report.faults { Terminal.line("FAULT         \(fault)") }
        let verdict = report.faults.isEmpty ? "OK" : "FAILED"
        let seconds = String(format: "%.1f", report.seconds)
        Terminal.line(
            """
            rehearsal: \(verdict): \(report.coordinatorKills) kills of the coordinator and \(report.agentKills) of \
            agents recovered, \(report.rounds) rounds in \(seconds) s
            """)
        Terminal.line("folder        \(coordinator.path)")
    }
}

/// What `rehearse --json` prints.
private struct RehearsalOutput: Encodable {
    let rounds: Int
    let model: String
    let simulatedModel: String
    let accuracy: Double
    let entries: UInt64
    let root: String
    let coordinatorKills: Int
    let agentKills: Int
    let receipts: Int
    let seconds: Double
    let coordinator: String
    let participants: [ParticipantSummary]
    let faults: [String]

    enum CodingKeys: String, CodingKey {
        case rounds, model, accuracy, entries, root, receipts, seconds, coordinator, participants, faults
        case simulatedModel = "simulated_model"
        case coordinatorKills = "coordinator_kills"
        case agentKills = "agent_kills"
    }

    init(_ report: RehearsalReport, folder: String) {
        rounds = report.rounds
        model = report.model.hex
        simulatedModel = report.simulatedModel.hex
        accuracy = Double(report.accuracyPpm) / 1e6
        entries = report.entryCount
        root = report.ledgerRoot.hex
        coordinatorKills = report.coordinatorKills
        agentKills = report.agentKills
        receipts = report.receiptCount
        seconds = report.seconds
        coordinator = folder
        participants = report.participants
        faults = report.faults
    }
}
