import Federation
import FoundationEssentials
import Tensors
import Training

/// The files between the agent and a trainer's program, in the job's folder.
struct TrainerFiles {
    private let paths: TrainerTaskDocument.Paths
    private let layout: ParameterLayout
    private let updateByteCount: Int

    /// Puts the inputs in place: the model, copied so that a program that writes to it spoils nothing, and `task.json`.
    ///
    /// - Throws: `AgentError` with code `folderUnusable`.
    init(_ job: TrainingJob, limits: TrainerLimits, dataPath: String?) throws(AgentError) {
        layout = job.task.architecture.parameterLayout
        updateByteCount = ParameterBlob(layout: layout).byteCount + TrainerLimits.headerSlackByteCount
        paths = TrainerTaskDocument.Paths(
            model: "\(job.folder)/model.safetensors", update: "\(job.folder)/update.safetensors",
            metrics: "\(job.folder)/metrics.json", data: dataPath)
        let document = TrainerTaskDocument(
            job, paths: paths,
            limits: TrainerTaskDocument.Limits(
                threads: limits.threadCount, memoryBytes: limits.memoryByteCount, fileBytes: limits.fileByteCount,
                updateBytes: updateByteCount, metricsBytes: TrainerLimits.metricsByteCount),
            deadlineMs: job.deadlineMs)
        do {
            try FileManager.default.copyItem(atPath: job.modelFile, toPath: paths.model)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try encoder.encode(document).write(to: URL(filePath: "\(job.folder)/task.json"))
        } catch {
            throw AgentError(
                .folderUnusable, "the trainer's folder \(job.folder) cannot be filled: \(error)",
                hint: "see that the disk is not full and the folder may be written")
        }
    }

    /// What the program left, checked, the update rounded to the task's grid.
    ///
    /// - Throws: `AgentError` with code `trainerOutputInvalid`.
    func trainedUpdate(for job: TrainingJob) throws(AgentError) -> TrainedUpdate {
        let report = try TrainerReport(
            json: TrainerFile(path: paths.metrics, limit: TrainerLimits.metricsByteCount).bytes())
        var update = try update()
        var metrics = report.metrics
        do {
            let saturatedCount = try job.task.grid.round(&update.values)
            if saturatedCount > 0 { metrics["saturated"] = Double(saturatedCount) }
        } catch {
            throw Self.invalid(
                "update.safetensors: \(notFinite(in: update) ?? error.message)", hint: "lower the learning rate")
        }
        return TrainedUpdate(
            update: SharedParameterSet(update), sampleCount: report.sampleCount, stepCount: report.stepCount,
            metrics: metrics)
    }

    private func update() throws(AgentError) -> ParameterSet {
        let bytes = try TrainerFile(path: paths.update, limit: updateByteCount).bytes()
        do {
            return try bytes.span.bytes.withUnsafeBytes { (bytes) throws(TensorError) in
                let header = try SafetensorsHeader(bytes)
                if let other = header.tensors.first(where: { $0.type != .float32 }) {
                    throw TensorError(
                        .unsupportedType,
                        "tensor \"\(other.name)\" is stored as \(other.type.rawValue); store it as F32")
                }
                return try Safetensors.parameters(from: bytes, expecting: layout)
            }
        } catch {
            throw Self.invalid(
                "update.safetensors: \(error)", hint: "write trained minus given values, float32, names as in the model"
            )
        }
    }

    /// The first value that is no number, by the name of its tensor.
    private func notFinite(in update: borrowing ParameterSet) -> String? {
        let span = update.values.span
        for tensor in layout.tensors {
            for index in tensor.range where !span[index].isFinite {
                return "value \(index - tensor.offset) of tensor \"\(tensor.name)\" is \(span[index])"
            }
        }
        return nil
    }

    static func invalid(_ message: String, hint: String) -> AgentError {
        AgentError(.trainerOutputInvalid, message, hint: hint)
    }
}
