import ArgumentParser
import Attestation
import Federation
import Foundation
import Ledger
import Rehearsal
import Runs
import Simulation

/// `tributary rehearse`: a scenario carried out by real processes.
struct Rehearse: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Carry out a scenario with real processes on this machine, and compare it with its simulation.",
        discussion: """
            Starts a coordinator and one agent for each participant over TLS on loopback, kills and restarts them, fails
            their links and fills their disks where the schedules say, and holds model, pay and receipts against what
            `simulate` makes of the same scenario.

            Links fail in a proxy between agents and coordinator. Disks are file systems in memory, which root may mount,
            or whoever may have a user namespace; without them that part is left out, and said so.

            EXAMPLES
              tributary rehearse Simulations/scenarios/digits-loopback.yaml --kills 1
              tributary rehearse Simulations/scenarios/digits-loopback.yaml --rounds 1000 --kills 500 --seed 1
              tributary rehearse Simulations/scenarios/digits-loopback.yaml --rounds 200 --links 300 --disks 10
            """)

    @Argument(help: ArgumentHelp("Scenario file (YAML): everybody must be in every round.", valueName: "scenario"))
    var scenarioPath: String

    @Option(name: .long, help: ArgumentHelp("How often somebody is killed with SIGKILL.", valueName: "n"))
    var kills = 0

    @Option(name: .long, help: ArgumentHelp("How often a link fails: resets, stalls, partitions.", valueName: "n"))
    var links = 0

    @Option(name: .long, help: ArgumentHelp("How often a disk is full for a moment.", valueName: "n"))
    var disks = 0

    @Option(name: .long, help: ArgumentHelp("Seed of what goes wrong when.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(name: .long, help: ArgumentHelp("Rounds to run.", valueName: "n"))
    var rounds: Int?

    /// Given by this program to itself.
    @Flag(name: .customLong("private-mounts"), help: .hidden)
    var hasPrivateMounts = false

    @OptionGroup var runsOptions: RunsOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        for (name, value, most) in [
            ("kills", kills, RehearsalLimits.killCount), ("links", links, RehearsalLimits.linkFaultCount),
            ("disks", disks, RehearsalLimits.fillingCount),
        ] where !(0...most).contains(value) {
            throw ValidationError("--\(name) must be 0 to \(most), not \(value)")
        }
    }

    func run() throws {
        let folder = URL(fileURLWithPath: scenarioPath).deletingLastPathComponent().path
        let federation = try PreparedFederation.load(text: ScenarioFile.read(scenarioPath), folder: folder) {
            if let rounds { $0.task.roundCount = rounds }
        }
        let binary = try Self.ownPath()
        var plan = RehearsedScenario.Plan(
            binary: binary, federation: federation, folder: runsOptions.url, seed: seed)
        (plan.kills, plan.links, plan.disks) = (kills, links, disks)
        // What does not suit is said before anything is made.
        _ = try RehearsedScenario(plan)
        var unfilled: String?
        if disks > 0, !hasPrivateMounts {
            let arguments = Array(CommandLine.arguments.dropFirst()) + ["--private-mounts"]
            let reason = PrivateMounts.runAgain(binary, arguments)
            try? FileHandle.standardError.write(contentsOf: Data("no disks are filled: \(reason)\n".utf8))
            unfilled = reason
            plan.disks = 0
        }
        plan.folder = try RunFolder.create(in: runsOptions.url, name: federation.scenario.task.name, now: Date()).url
        let isSilent = output.json
        let rehearsal = try RehearsedScenario(plan) { step in
            if !isSilent { Self.show(step) }
        }
        let report = try InterruptibleWork.run { try await rehearsal.run() }
        let asked = RehearsalFigures.Asked(
            kills: KillSchedule(count: kills, agents: federation.participants.count, seed: seed), links: links,
            disks: disks, unfilled: unfilled, seed: seed)
        let figures = RehearsalFigures(report, asked: asked)
        // Beside the logs: what came of them. `./run drill` ends with it.
        try Data((figures.line + "\n").utf8).write(to: plan.folder.appendingPathComponent("summary"))
        let failure = report.faults.first.map { CommandFailure(code: "differs", .auditFault, $0) }
        if output.json {
            try Envelope.print(
                command: "rehearse",
                RehearsalOutput(report, asked: asked, folder: rehearsal.coordinatorFolder.path), failure: failure)
        } else {
            conclude(report, figures, coordinator: rehearsal.coordinatorFolder)
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
            guard isShown(number, of: count) else { return }
            Terminal.line("kill -9 \(name), started again (\(number) of \(count))")
        case .linkFailed(let number, let count):
            if number % max(1, count / 10) == 0 { Terminal.line("links: \(number) of \(count) faults set") }
        case .diskFull(let name, let ms, let number, let count):
            guard isShown(number, of: count) else { return }
            Terminal.line("the \(name)'s disk was full for \(ms) ms (\(number) of \(count))")
        case .restarted(let name): Terminal.line("\(name) ended with exit code 74, disk full; started again")
        case .finished: Terminal.line("task closed; simulating the same scenario to compare\n")
        }
    }

    private static func isShown(_ number: Int, of count: Int) -> Bool { number % max(1, count / 20) == 0 }

    private func conclude(_ report: RehearsalReport, _ figures: RehearsalFigures, coordinator: URL) {
        Terminal.raw(FinalTable(asset: "TRIB", style: Terminal.style).text(for: report.participants) + "\n")
        Terminal.line()
        Terminal.line("rounds        \(report.rounds), accuracy \(Double(report.accuracyPpm) / 1e6)")
        Terminal.line("model         \(report.model)")
        Terminal.line("simulated     \(report.simulatedModel)\(report.model == report.simulatedModel ? ": equal" : "")")
        Terminal.line("ledger        \(report.entryCount) entries, root \(report.ledgerRoot)")
        Terminal.line("receipts      \(report.receiptCount) verified")
        for fault in report.faults { Terminal.line("FAULT         \(fault)") }
        let links = report.disturbance.links
        if links.faultCount > 0 {
            let kinds = links.struck.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
            Terminal.line("links         \(kinds.joined(separator: ", "))")
            Terminal.line(
                "              on \(links.connectionCount) connections with \(links.byteCount) bytes delivered")
        }
        Terminal.line("rehearsal: \(figures.line)")
        Terminal.line("folder        \(coordinator.path)")
    }
}
