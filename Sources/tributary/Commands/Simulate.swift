import ArgumentParser
import Federation
import Foundation
import Ledger
import Runs
import Simulation
import Tensors
import Training

/// `tributary simulate`: a federation on one machine.
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a federation on this machine: train, average, verify, score and pay.",
        discussion: """
            Without a scenario it runs the embedded one: ten who work and five who cheat on the optical digits. What it
            writes is a folder under runs/ with the ledger, the model, the metrics and a report to open in a browser.

            EXAMPLES
              tributary simulate
              tributary simulate Simulations/scenarios/mnist-2nn-iid.yaml --data ../shared/data/mnist
              tributary simulate --seed 7 --rounds 10 --json
              tributary simulate --faults --seeds 200   a coordinator and agents whose disks, links and processes fail
            """)

    @Argument(help: ArgumentHelp("Scenario file (YAML).", valueName: "scenario"))
    var scenarioPath: String?

    @Option(name: .long, help: ArgumentHelp("Seed of everything random.", valueName: "n"))
    var seed: UInt64?

    @Option(name: .long, help: ArgumentHelp("Rounds to run.", valueName: "n"))
    var rounds: Int?

    @Option(name: .long, help: ArgumentHelp("Data set: a folder, a file, or \"digits\".", valueName: "path"))
    var data: String?

    @Option(
        name: .customLong("arrival-seed"),
        help: ArgumentHelp("Shuffles when messages arrive, and nothing else.", valueName: "n"))
    var arrivalSeed: UInt64?

    @Flag(
        name: .long,
        help:
            "Simulate faults instead: crashes, torn writes, lost messages, wrong clocks; nothing may be lost or paid twice."
    )
    var faults = false

    @Option(name: .long, help: ArgumentHelp("With --faults: worlds to try, from --seed on.", valueName: "n"))
    var seeds = 1

    @Flag(name: .long, help: "With --faults: print every event of the first seed's world.")
    var events = false

    @OptionGroup var threadsOption: ThreadsOption
    @OptionGroup var runsOptions: RunsOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if !faults, seeds != 1 || events { throw ValidationError("--seeds and --events go with --faults") }
        if !(1...SimulationLimits.faultSeedCount).contains(seeds) {
            throw ValidationError("--seeds must be 1 to \(SimulationLimits.faultSeedCount), not \(seeds)")
        }
        if faults, scenarioPath != nil || rounds != nil || data != nil || arrivalSeed != nil {
            throw ValidationError(
                "--faults makes its own worlds: it takes --seed, --seeds, --events and --threads only")
        }
        if events, output.json { throw ValidationError("--events prints lines for people; leave out --json") }
        if let rounds, !(1...FederationLimits.roundCount).contains(rounds) {
            throw ValidationError("--rounds must be 1 to \(FederationLimits.roundCount), not \(rounds)")
        }
        if let seed, seed > UInt64(Int.max) { throw ValidationError("--seed must be at most \(Int.max)") }
        if let arrivalSeed, arrivalSeed > UInt64(Int.max) {
            throw ValidationError("--arrival-seed must be at most \(Int.max)")
        }
    }

    func run() throws {
        Interruption.watch()
        if faults { return try runFaults() }
        let federation = try prepare()
        let folder = try RunFolder.create(in: runsOptions.url, name: federation.scenario.task.name, now: Date())
        if !output.json { announce(federation) }
        let table = RoundTable(roundCount: federation.scenario.task.roundCount, style: Terminal.style)
        if !output.json { Terminal.raw(table.header + "\n") }
        let start = ContinuousClock.now
        let roundCount = federation.scenario.task.roundCount
        let isSilent = output.json
        let observer = Simulator.Observer(
            roundEnded: { round in
                guard !isSilent else { return }
                let elapsed = (ContinuousClock.now - start) / .seconds(1)
                let remaining = elapsed / Double(round.round) * Double(roundCount - round.round)
                Terminal.raw(table.line(for: round, eta: remaining) + "\n")
            }, isCancelled: { Interruption.isRequested })
        let simulator = try Simulator(
            federation: federation, folder: folder, threads: threadsOption.threads, observer: observer)
        let summary: RunSummary
        do {
            summary = try simulator.run()
        } catch {
            let note =
                "what was done is in \(Terminal.path(of: folder)); `tributary ledger verify \(Terminal.path(of: folder))`"
            let failure = CommandFailure(error)
            throw CommandFailureError(
                failure: CommandFailure(
                    code: failure.body.code, failure.exit, failure.body.message,
                    hint: failure.body.hint.map { "\($0); \(note)" } ?? note))
        }
        if output.json {
            try Envelope.print(command: "simulate", SimulationOutput(summary, folder: folder))
        } else {
            conclude(summary, folder, trust: federation.scenario.task.trust)
        }
    }

    private func prepare() throws -> PreparedFederation {
        var text = Scenario.defaultText
        var folder = FileManager.default.currentDirectoryPath
        if let scenarioPath {
            text = try ScenarioFile.read(
                scenarioPath, hint: "Simulations/scenarios has some; without a scenario the embedded one runs")
            folder = URL(fileURLWithPath: scenarioPath).deletingLastPathComponent().path
        }
        return try PreparedFederation.load(text: text, folder: folder, dataPath: data) { scenario in
            if let seed { scenario.task.seed = seed }
            if let rounds { scenario.task.roundCount = rounds }
            if let arrivalSeed { scenario.network.seed = arrivalSeed }
        }
    }

    private func announce(_ federation: PreparedFederation) {
        let scenario = federation.scenario
        let cheats = scenario.populations.reduce(0) { $0 + ($1.kind.cheats ? $1.count : 0) }
        let parameters = scenario.task.architecture.parameterLayout.count
        Terminal.line(
            """
            \(scenario.task.name): \(scenario.participantCount) participants (\(cheats) cheat), \
            \(federation.train.count) training examples of \(federation.datasetName), \
            \(scenario.task.architecture.summary) (\(parameters) parameters), seed \(scenario.task.seed), \
            \(threadsOption.threads) threads

            """)
    }

    private func conclude(_ summary: RunSummary, _ folder: RunFolder, trust: TaskTerms.Trust) {
        Terminal.line()
        Terminal.raw(
            FinalTable(asset: summary.asset, style: Terminal.style).text(
                for: summary.participants, score: trust == .open ? \.novelScore : \.fullScore) + "\n")
        Terminal.line()
        let accuracy = String(format: "%.4f", summary.accuracy)
        let loss = String(format: "%.4f", summary.loss)
        let seconds = String(format: "%.1f", summary.seconds)
        Terminal.line("accuracy \(accuracy), loss \(loss) after \(summary.rounds.count) rounds in \(seconds) s")
        Terminal.line("model    \(summary.modelDigest)")
        Terminal.line("ledger   \(summary.ledgerRoot) (\(summary.ledgerEntries) entries)")
        Terminal.line("paid     \(TokenAmount.text(summary.paidTotal)) \(summary.asset)")
        Terminal.line("report   \(folder.report.path)")
        Terminal.line("check it with: tributary audit \(Terminal.path(of: folder))")
    }
}

/// What `simulate --json` says.
private struct SimulationOutput: Encodable {
    let summary: RunSummary
    let folder: RunFolder

    enum CodingKeys: String, CodingKey {
        case run, folder, rounds, accuracy, loss, paid, seconds, participants, seed
        case modelDigest = "model_digest"
        case ledgerRoot = "ledger_root"
        case ledgerEntries = "ledger_entries"
        case paidTotal = "paid_total"
    }

    init(_ summary: RunSummary, folder: RunFolder) {
        self.summary = summary
        self.folder = folder
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(summary.run, forKey: .run)
        try container.encode(folder.url.path, forKey: .folder)
        try container.encode(summary.seed, forKey: .seed)
        try container.encode(summary.rounds, forKey: .rounds)
        try container.encode(summary.accuracy, forKey: .accuracy)
        try container.encode(summary.loss, forKey: .loss)
        try container.encode(summary.modelDigest, forKey: .modelDigest)
        try container.encode(summary.ledgerRoot, forKey: .ledgerRoot)
        try container.encode(summary.ledgerEntries, forKey: .ledgerEntries)
        try container.encode(
            Dictionary(summary.participants.map { ($0.label, $0.paid) }, uniquingKeysWith: { first, _ in first }),
            forKey: .paid)
        try container.encode(summary.paidTotal, forKey: .paidTotal)
        try container.encode(summary.participants, forKey: .participants)
        try container.encode(summary.seconds, forKey: .seconds)
    }
}
