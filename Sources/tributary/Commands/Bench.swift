import ArgumentParser
import Foundation
import Runs

/// `tributary bench`: what this machine does, beside its limits.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure aggregation, digests, signatures, the ledger and training on this machine.",
        discussion: """
            Figures are medians of several runs; what each means is in docs/performance.md. Comparisons with other
            frameworks are scripts in Simulations/benchmarks.

            EXAMPLES
              tributary bench
              tributary bench aggregation --threads 2
              tributary bench training --data ../shared/data/mnist --json
            """)

    /// What can be measured.
    enum Subject: String, CaseIterable, ExpressibleByArgument {
        case aggregation, digest, signatures, ledger, training
    }

    @Argument(help: ArgumentHelp("What to measure; everything, if none is named."))
    var subjects: [Subject] = []

    @Option(
        name: .long, help: ArgumentHelp("MNIST's folder, for training; random pixels otherwise.", valueName: "folder"))
    var data: String?

    @Option(name: .long, help: ArgumentHelp("Rounds of training, or runs of anything else.", valueName: "n"))
    var rounds = 5

    @Option(name: .long, help: ArgumentHelp("Updates to aggregate.", valueName: "n"))
    var updates = 100

    @Option(name: .long, help: ArgumentHelp("Values of one update.", valueName: "n"))
    var parameters = 1_000_000

    @OptionGroup var threadsOption: ThreadsOption
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...1_000).contains(rounds) else { throw ValidationError("--rounds must be 1 to 1000, not \(rounds)") }
        guard (1...10_000).contains(updates), (1...100_000_000).contains(parameters),
            updates * parameters <= 1_000_000_000
        else { throw ValidationError("--updates times --parameters must be at most 1000000000") }
    }

    func run() throws {
        var measured: [(Subject, [Figure])] = []
        for subject in subjects.isEmpty ? Subject.allCases : subjects {
            let figures = try measure(subject)
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

    private func measure(_ subject: Subject) throws -> [Figure] {
        let threads = threadsOption.threads
        switch subject {
        case .aggregation:
            return try AggregationBenchmark(
                updateCount: updates, parameterCount: parameters, threads: threads, runs: rounds
            ).run()
        case .digest: return DigestBenchmark(byteCount: 1 << 28, threads: threads, runs: rounds).run()
        case .signatures: return try SignatureBenchmark(count: 2_000, runs: rounds).run()
        case .ledger: return try LedgerBenchmark(entryCount: 100_000, threads: threads).run()
        case .training: return try TrainingBenchmark(dataPath: data, rounds: rounds, threads: threads).run()
        }
    }
}
