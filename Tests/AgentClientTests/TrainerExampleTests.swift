import AgentClient
import Attestation
import Datasets
import Federation
import Foundation
import Ledger
import Tensors
import TestSupport
import Testing
import Training

@Suite("The example trainers, where their libraries are installed")
struct TrainerExampleTests {
    /// A Python that has a library: what `TRIBUTARY_PYTHON` names, the one on the PATH, or that of a benchmark peer.
    private static func python(with library: String) -> String? {
        let environment = ProcessInfo.processInfo.environment
        let cache = environment["XDG_CACHE_HOME"] ?? "\(environment["HOME"] ?? "")/.cache"
        let candidates = [
            environment["TRIBUTARY_PYTHON"], "python3", "\(cache)/tributary-peers/torch/bin/python3",
            "\(cache)/tributary-peers/sklearn/bin/python3",
        ].compactMap { $0 }
        return candidates.first { python in
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = [python, "-c", "import numpy, \(library)"]
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            guard (try? process.run()) != nil else { return false }
            process.waitUntilExit()
            return process.terminationStatus == 0
        }
    }

    private static let torch = python(with: "torch")
    private static let sklearn = python(with: "sklearn")

    @Test(
        "PyTorch: the update it leaves makes the model better",
        .enabled(if: torch != nil, "no python3 has numpy and torch (TRIBUTARY_PYTHON names one that does)"),
        arguments: [[16], [], [12, 8]])
    func pytorch(hidden: [Int]) async throws {
        try await learns(Self.torch, "train_pytorch.py", hidden: hidden)
    }

    @Test(
        "scikit-learn: the update it leaves makes the model better",
        .enabled(if: sklearn != nil, "no python3 has numpy and sklearn (TRIBUTARY_PYTHON names one that does)"),
        arguments: [[16], [], [12, 8]])
    func scikit(hidden: [Int]) async throws {
        try await learns(Self.sklearn, "train_sklearn.py", hidden: hidden)
    }

    /// Trains on the digits as a CSV file and values the model that comes of it by our own evaluator.
    private func learns(_ python: String?, _ script: String, hidden: [Int]) async throws {
        let room = try TrainerRoom(hidden: hidden)
        let examples = try Dataset.digits().train
        let data = try room.folder.write(Array(Self.csv(of: examples).utf8), to: "digits.csv")
        let trainer = try ExternalTrainer(
            command: [#require(python), "Simulations/trainers/\(script)"], dataPath: data)
        let trained = try await trainer.train(room.job())
        #expect(trained.sampleCount == examples.count)
        #expect(trained.stepCount > 0)

        var after = room.model.parameters.copy()
        after.values.withUnsafeMutableValues { values in
            for (index, change) in trained.values.enumerated() { values[index] += change }
        }
        let evaluator = try Evaluator(architecture: room.task.architecture)
        let before = try evaluator.evaluate(room.model.parameters, on: examples)
        let now = try evaluator.evaluate(after, on: examples)
        #expect(now.meanLoss < before.meanLoss * 0.8)
        let claimed = try #require(trained.metrics["accuracy"])
        #expect((claimed - now.accuracy).magnitude < 0.01, "it says \(claimed), and we find \(now.accuracy)")
    }

    private static func csv(of examples: LabelledExamples) -> String {
        var text = (0..<examples.featureCount).map { "pixel\($0)" }.joined(separator: ",") + ",digit\n"
        examples.features.withUnsafeValues { values in
            for row in 0..<examples.count {
                let pixels = values[row * examples.featureCount..<(row + 1) * examples.featureCount]
                text += pixels.map { "\($0)" }.joined(separator: ",") + ",\(examples.labels[row])\n"
            }
        }
        return text
    }
}
