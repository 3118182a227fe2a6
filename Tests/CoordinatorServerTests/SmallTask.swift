import Attestation
import Coordination
import CoordinatorServer
import Federation
import Foundation
import Tensors
import Training

/// Reads a small made-up data set for every task.
struct SmallLoader: TaskMaterialLoading {
    func material(opening request: TaskRequest) throws -> TaskMaterial {
        try material(taskText: TaskConfiguration(text: request.text).text, source: "data: \"made up\"\n")
    }

    func material(taskText: String, source: String) throws -> TaskMaterial {
        let task = try TaskConfiguration(text: taskText)
        return TaskMaterial(
            task: task,
            evaluation: { _ in EvaluationSets(validation: try Self.examples(1), test: try Self.examples(2)) },
            source: source, dataName: "made up")
    }

    private static func examples(_ seed: UInt64) throws -> LabelledExamples {
        var generator = SeededGenerator(seed: seed, stream: "small")
        var features = ParameterBuffer(zeros: 20 * 4)
        features.withUnsafeMutableValues { values in
            for index in 0..<values.count { values[index] = Float(generator.nextNormal()) }
        }
        return try LabelledExamples(
            features: features, labels: (0..<20).map { UInt8($0 % 2) }, featureCount: 4, classCount: 2)
    }
}

/// A task of two participants and two rounds.
enum SmallTask {
    /// What it pays for, where anybody may register.
    static let reward = "{ score: samples, pool: \"20\", samples_cap: 1000, unproved_pay: accepted }"

    static func text(
        name: String = "small", size: Int = 2, hidden: String = "", deadlineSeconds: Int = 3_600,
        reward: String = SmallTask.reward
    ) -> String {
        """
        name: \(name)
        seed: 1
        schema: { features: 4, classes: 2 }
        model: { hidden: [\(hidden)] }
        rounds: 2
        cohort: { size: \(size), quorum: \(size), deadline_s: \(deadlineSeconds) }
        reward: \(reward)

        """
    }

    /// An update's file.
    typealias Update = (bytes: [UInt8], hashes: [Digest], digest: Digest)

    /// The blob of an update for a task: the same small value everywhere.
    static func update(_ text: String, value: Float = 0.25) throws -> Update {
        let task = try TaskConfiguration(text: text)
        let blob = ParameterBlob(layout: task.architecture.parameterLayout)
        var bytes = blob.header
        for _ in 0..<blob.layout.count { withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) } }
        let hashes = bytes.withUnsafeBytes { BlobDigest.chunkHashes(of: $0, threads: 1) }
        return (bytes, hashes, BlobDigest.digest(ofChunkHashes: hashes))
    }
}
