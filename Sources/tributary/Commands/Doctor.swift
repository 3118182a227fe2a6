import AgentClient
import Aggregation
import ArgumentParser
import Attestation
import CoordinatorServer
import Foundation
import Tensors
import Training

/// `tributary doctor`: does this machine compute what every other one does?
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check that this machine gives the bits that every machine gives, or look over an installation.",
        discussion: """
            Trains a small model with every kernel variant that this CPU can run, and averages the same updates in every
            way there is, BLAS included. All must agree, whatever the CPU, the thread count or the BLAS kernels.

            EXAMPLES
              tributary doctor
              TRIBUTARY_KERNELS=scalar tributary doctor --json
              OPENBLAS_CORETYPE=Haswell tributary doctor
              tributary doctor --coordinator /srv/tributary    keys, certificate, ledger, clock, disk
              tributary doctor --agent ~/.local/share/tributary/agent
            """)

    @Option(name: .long, help: ArgumentHelp("Look over a coordinator's folder.", valueName: "folder"))
    var coordinator: String?

    @Option(name: .long, help: ArgumentHelp("Look over an agent's folder.", valueName: "folder"))
    var agent: String?

    @OptionGroup var threadsOption: ThreadsOption
    @OptionGroup var output: OutputOptions

    struct Findings: Encodable {
        let agrees: Bool
        let kernels: String
        let training: [String: String]
        let averages: [String: String]
    }

    func run() throws {
        guard coordinator == nil, agent == nil else { return try lookOver() }
        let threads = threadsOption.threads
        var training: [String: String] = [:]
        for variant in KernelVariant.allCases where variant.isSupported {
            training[variant.rawValue] = try Self.trainingDigest(variant)
        }
        let updates = try Self.updates()
        var averages: [String: String] = [:]
        for method in FoldMethod.allCases {
            var sum = ExactAccumulator(count: Self.count, grid: .standard)
            try sum.fold(updates, threads: threads, method: method)
            averages["\(method)"] = sum.digest().hex
        }
        let agrees = Set(training.values).count == 1 && Set(averages.values).count == 1
        let kernels = try KernelVariant.selected().rawValue
        let findings = Findings(agrees: agrees, kernels: kernels, training: training, averages: averages)
        if output.json {
            try Envelope.print(command: "doctor", findings)
        } else {
            for (name, digest) in training.sorted(by: { $0.key < $1.key }) {
                Terminal.line("training, \(name): \(digest)\(name == kernels ? " (in use)" : "")")
            }
            for (name, digest) in averages.sorted(by: { $0.key < $1.key }) {
                Terminal.line("average, \(name): \(digest)")
            }
            Terminal.line(agrees ? "doctor: OK" : "doctor: this machine disagrees with itself")
        }
        guard agrees else {
            throw CommandFailureError(
                failure: CommandFailure(
                    code: "disagreement", .failure, "two ways of computing the same thing gave different bits",
                    hint: "do not train or aggregate on this machine", isSilent: true))
        }
    }

    /// Says of each part of an installation whether it is right, and what to do where it is not.
    private func lookOver() throws {
        var installation = Installation()
        if let coordinator {
            let path = URL(fileURLWithPath: coordinator).standardizedFileURL.path
            installation.lookAtCoordinator(CoordinatorFolder(path: path), threads: threadsOption.threads)
        }
        if let agent {
            installation.lookAtAgent(AgentFolder(path: URL(fileURLWithPath: agent).standardizedFileURL.path))
        }
        let failure = installation.findings.first { !$0.isRight }.map {
            CommandFailure(code: "installation", .failure, "\($0.name): \($0.detail)", hint: $0.hint, isSilent: true)
        }
        if output.json {
            try Envelope.print(command: "doctor", installation.findings, failure: failure)
        } else {
            for finding in installation.findings {
                let name = finding.name.padding(toLength: 12, withPad: " ", startingAt: 0)
                Terminal.line("\(finding.isRight ? "ok     " : "WRONG  ") \(name) \(finding.detail)")
                if let hint = finding.hint { Terminal.line(String(repeating: " ", count: 21) + hint) }
            }
            Terminal.line(failure == nil ? "doctor: OK" : "doctor: something is wrong")
        }
        if let failure { throw CommandFailureError(failure: failure) }
    }

    private static let count = 10_007

    /// Updates on the grid, with weights, from a seed.
    private static func updates() throws -> [CheckedUpdate] {
        let layout = try ParameterLayout([("values", [count])])
        return try (0..<21).map { number in
            var set = ParameterSet(zeros: layout)
            var generator = SeededGenerator(seed: 1, stream: "doctor", number)
            set.values.withUnsafeMutableValues { values in
                for index in 0..<count {
                    values[index] = Float(Int32(truncatingIfNeeded: generator.next() >> 40) - (1 << 23)) * 0x1p-24
                }
            }
            return try CheckedUpdate(
                checking: SharedParameterSet(set), weight: Int64(1 + number * 7_919 % 5_000), layout: layout,
                grid: .standard)
        }
    }

    /// Digest of a small model after an epoch, with momentum, weight decay and a proximal term.
    private static func trainingDigest(_ variant: KernelVariant) throws -> String {
        let architecture = try ModelArchitecture(inputCount: 33, hiddenCounts: [20, 17], classCount: 7)
        var generator = SeededGenerator(seed: 1, stream: "doctor-examples")
        var features = ParameterBuffer(zeros: 200 * 33)
        features.withUnsafeMutableValues { values in
            for index in 0..<values.count { values[index] = Float(generator.nextNormal()) }
        }
        let examples = try LabelledExamples(
            features: features, labels: (0..<200).map { UInt8($0 % 7) }, featureCount: 33, classCount: 7)
        let configuration = try TrainingConfiguration(
            epochs: 2, batchSize: 9, learningRate: 0.05, momentum: 0.9, weightDecay: 0.001, proximal: 0.01)
        let trainer = try LocalTrainer(architecture: architecture, batchSize: 9, variant: variant)
        let initial = architecture.initialParameters(seed: 1)
        try trainer.train(
            from: initial, on: examples, rows: Array(0..<200), configuration: configuration, generator: &generator)
        var trained = initial.copy()
        try trainer.copyParameters(into: &trained)
        return trained.values.withUnsafeValues { SHA256.hash(UnsafeRawBufferPointer($0)).hex }
    }
}
