import Attestation
import Federation
import Foundation
import Ledger
import Runs
import Synchronization
import Tensors
import Training

/// Sealing a round of a large model from updates in files, as a coordinator does: average, step, digest, evaluation.
///
/// Beside it, in the same process, what must be done at the least: reading the updates' bytes, digesting the model's.
struct RoundBenchmark {
    let updateCounts: [Int]
    let parameterCount: Int
    let threads: Int
    let runs: Int

    private static let featureCount = 1_024
    private static let classCount = 10
    private static let exampleCount = 32

    func run() throws -> [Figure] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "tributary-bench-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let task = try makeTask()
        let blob = ParameterBlob(layout: task.architecture.parameterLayout)
        let files = try (0..<(updateCounts.max() ?? 0)).map { number in
            let path = folder.appendingPathComponent("\(number).safetensors").path
            try write(blob, number, to: path)
            return try FileBlob(path: path)
        }
        let examples = try makeExamples()
        let aggregator = try StreamingAggregator(
            task: task, blob: blob, model: task.architecture.initialParameters(seed: 1), serverState: nil,
            sets: EvaluationSets(validation: examples, test: examples), threads: threads)
        let megabytes = Double(blob.byteCount) / 1e6
        var figures = [Figure("model_megabytes", megabytes, "MB", "a model or an update")]
        for count in updateCounts {
            figures += try measure(aggregator, files: Array(files.prefix(count)), blob: blob)
        }
        let digest = aggregator.withModel { model in
            Stopwatch.median(runs: runs) { _ = blob.digest(of: model, threads: threads) }
        }
        figures.append(Figure("digest_seconds", digest, "s", "of it: the model's digest alone"))
        let evaluator = try Evaluator(architecture: task.architecture)
        let evaluation = try aggregator.withModel { model in
            try Stopwatch.median(runs: runs) { _ = try evaluator.evaluate(model, on: examples) }
        }
        figures.append(
            Figure("evaluation_seconds", evaluation, "s", "of it: one evaluation on \(Self.exampleCount) examples"))
        figures.append(
            Figure("peak_models", Self.peakMegabytes() / megabytes, "models", "peak memory of the whole process"))
        return figures
    }

    /// Seals rounds of some updates, and reads the same bytes alone.
    private func measure(
        _ aggregator: StreamingAggregator, files: [FileBlob], blob: ParameterBlob
    ) throws -> [Figure] {
        let accepted = files.indices.map { number in
            AcceptedContribution(
                ticket: UInt64(number), participant: ParticipantNumber(number), weight: 4 * 4_096 - UInt64(number),
                units: 4, squaredNorm: 0, sampleCount: 1, update: .zero)
        }
        let sealing = try Stopwatch.median(runs: runs) {
            for (file, contribution) in zip(files, accepted) { try aggregator.fold(file, contribution) }
            _ = try aggregator.seal(round: 1, accepted: accepted)
        }
        let reading = Stopwatch.median(runs: runs) { read(files, byteCount: blob.byteCount) }
        let scan = UpdateScan(blob: blob, grid: .standard)
        let scanning = try Stopwatch.median(runs: runs) {
            guard case .success = try scan.scan(files[0], threads: threads) else {
                throw FederationError(.unusableUpdate, "a sound update was refused")
            }
        }
        let name = "\(files.count)"
        return [
            Figure("seal_seconds_\(name)", sealing, "s", "sealing a round of \(name) updates, \(threads) threads"),
            Figure("read_seconds_\(name)", reading, "s", "of it: reading the same files and nothing else"),
            Figure("scan_seconds_\(name)", scanning, "s", "checking one update's file on its arrival"),
            Figure(
                "peak_models_\(name)", Self.peakMegabytes() * 1e6 / Double(blob.byteCount), "models",
                "peak memory of the process so far"),
        ]
    }

    private func read(_ files: [FileBlob], byteCount: Int) {
        let piece = 1 << 16
        WorkSplit.forEachRange(of: byteCount, grain: 1 << 20, threads: threads) { range in
            withUnsafeTemporaryAllocation(byteCount: piece, alignment: 64) { buffer in
                for start in stride(from: range.lowerBound, to: range.upperBound, by: piece) {
                    let count = min(piece, range.upperBound - start)
                    for file in files {
                        try? file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]), at: start)
                    }
                }
            }
        }
    }

    private func makeTask() throws -> TaskConfiguration {
        let width = max(1, (parameterCount - Self.classCount) / (Self.featureCount + 1 + Self.classCount))
        return try TaskConfiguration(
            name: "bench", seed: 1,
            architecture: ModelArchitecture(
                inputCount: Self.featureCount, hiddenCounts: [width], classCount: Self.classCount),
            training: TrainingConfiguration(epochs: 1, batchSize: 10, learningRate: 0.1), roundCount: 1,
            stopAccuracy: nil,
            cohort: TaskConfiguration.CohortRule(size: 1, quorum: 1, overSelection: 1, deadlineSeconds: 60),
            server: TaskConfiguration.ServerRule(learningRate: 1, momentum: 0), grid: .standard,
            reward: TaskReward(score: .none, pool: 0, targetDrop: 0))
    }

    /// An update of random multiples of 2^-24 below 2^-12, written piece by piece: memory never holds it.
    private func write(_ blob: ParameterBlob, _ number: Int, to path: String) throws {
        try Data(blob.header).write(to: URL(fileURLWithPath: path))
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        defer { try? handle.close() }
        try handle.seekToEnd()
        var generator = SeededGenerator(seed: 1, stream: "round-benchmark", number)
        var left = blob.layout.count
        var values = [Float](repeating: 0, count: 1 << 18)
        while left > 0 {
            let count = min(left, values.count)
            for index in 0..<count {
                values[index] = Float(Int32(truncatingIfNeeded: generator.next() >> 51) - (1 << 12)) * 0x1p-24
            }
            try values.withUnsafeBytes { bytes in
                try handle.write(contentsOf: Data(bytes.prefix(count * MemoryLayout<Float>.stride)))
            }
            left -= count
        }
    }

    private func makeExamples() throws -> LabelledExamples {
        var generator = SeededGenerator(seed: 1, stream: "round-examples", 0)
        let features = (0..<Self.exampleCount * Self.featureCount).map { _ in Float(generator.nextUnit()) }
        return try LabelledExamples(
            features: ParameterBuffer(features), labels: (0..<Self.exampleCount).map { UInt8($0 % Self.classCount) },
            featureCount: Self.featureCount, classCount: Self.classCount)
    }

    /// Peak resident memory of this process so far, in 10^6 bytes.
    private static func peakMegabytes() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_maxrss) * 1_024 / 1e6
    }
}
