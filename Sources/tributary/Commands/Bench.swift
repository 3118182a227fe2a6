import ArgumentParser
import Foundation
import Runs

/// `tributary bench`: what this machine does, beside its limits.
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure aggregation, scoring, rounds, digests, signatures, the ledger and training on this machine.",
        discussion: """
            Figures are medians of several runs; what each means is in docs/performance.md. Comparisons with other
            frameworks are scripts in Simulations/benchmarks. `round` writes 1.6 GB of updates to the folder for
            temporary files, and `idle-agents` starts a coordinator and connects 5,000 agents to it, so they run only if
            they are named.

            EXAMPLES
              tributary bench
              tributary bench aggregation --threads 2
              tributary bench round --updates 4
              tributary bench idle-agents --agents 5000
              tributary bench training --data ../shared/data/mnist --json
            """)

    /// What can be measured.
    enum Subject: String, CaseIterable, ExpressibleByArgument {
        case aggregation, scoring, round, digest, signatures, ledger, training
        case idleAgents = "idle-agents"

        /// What is measured if nothing is named.
        static let usual = allCases.filter { $0 != .round && $0 != .idleAgents }
    }

    @Argument(help: ArgumentHelp("What to measure; all but round and idle-agents, if none is named."))
    var subjects: [Subject] = []

    @Option(
        name: .long, help: ArgumentHelp("MNIST's folder, for training; random pixels otherwise.", valueName: "folder"))
    var data: String?

    @Option(name: .long, help: ArgumentHelp("Rounds of training, or runs of anything else.", valueName: "n"))
    var rounds = 5

    @Option(
        name: .long,
        help: ArgumentHelp("Updates to aggregate: 100 by default, and 2, 4 and 16 for rounds.", valueName: "n"))
    var updates: Int?

    @Option(
        name: .long,
        help: ArgumentHelp("Values of one update: 1000000 by default, and 25000000 for rounds.", valueName: "n"))
    var parameters: Int?

    @Option(name: .long, help: ArgumentHelp("Agents to connect, for idle-agents.", valueName: "n"))
    var agents = 5_000

    @Option(name: .long, help: ArgumentHelp("How long idle-agents watches them wait, in seconds.", valueName: "n"))
    var seconds = 25.0

    @OptionGroup var threadsOption: ThreadsOption
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...1_000).contains(rounds) else { throw ValidationError("--rounds must be 1 to 1000, not \(rounds)") }
        guard (1...10_000).contains(agents) else { throw ValidationError("--agents must be 1 to 10000, not \(agents)") }
        guard (1...3_600).contains(seconds) else {
            throw ValidationError("--seconds must be 1 to 3600, not \(seconds)")
        }
        let (updates, parameters) = (updates ?? 16, parameters ?? 25_000_000)
        guard (1...10_000).contains(updates), (1...100_000_000).contains(parameters),
            updates * parameters <= 1_000_000_000
        else { throw ValidationError("--updates times --parameters must be at most 1000000000") }
    }

    func run() async throws {
        var measured: [(Subject, [Figure])] = []
        for subject in subjects.isEmpty ? Subject.usual : subjects {
            let figures = try await measure(subject)
            measured.append((subject, figures))
            guard !output.json else { continue }
            Terminal.line(subject.rawValue)
            for figure in figures { Terminal.line("  \(figure.line)") }
        }
        guard output.json else { return }
        let objects = measured.map { ($0.rawValue, Dictionary($1.map { ($0.name, $0.value) }) { first, _ in first }) }
        if subjects.count == 1, let only = objects.first {
            try Envelope.print(command: "bench", only.1)
        } else {
            try Envelope.print(command: "bench", Dictionary(objects) { first, _ in first })
        }
    }

    private func measure(_ subject: Subject) async throws -> [Figure] {
        let threads = threadsOption.threads
        switch subject {
        case .aggregation:
            return try AggregationBenchmark(
                updateCount: updates ?? 100, parameterCount: parameters ?? 1_000_000, threads: threads, runs: rounds
            ).run()
        case .scoring:
            return try ScoringBenchmark(
                updateCount: updates ?? 100, parameterCount: parameters ?? 1_000_000, threads: threads, runs: rounds
            ).run()
        case .round:
            return try RoundBenchmark(
                updateCounts: updates.map { [$0] } ?? [2, 4, 16], parameterCount: parameters ?? 25_000_000,
                threads: threads, runs: rounds
            ).run()
        case .digest: return DigestBenchmark(byteCount: 1 << 28, threads: threads, runs: rounds).run()
        case .signatures: return try SignatureBenchmark(count: 2_000, runs: rounds).run()
        case .ledger: return try LedgerBenchmark(entryCount: 100_000, threads: threads).run()
        case .idleAgents: return try await IdleAgentsBenchmark(agentCount: agents, idleSeconds: seconds).run()
        case .training: return try TrainingBenchmark(dataPath: data, rounds: rounds, threads: threads).run()
        }
    }
}
