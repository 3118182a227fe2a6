internal import Federation
package import Tensors
internal import Training

/// Trains the task's network on this machine's own examples, by the fixed-order kernels that the simulator uses: the
/// same examples, task, round and participant number give the same bits.
package struct BuiltInTrainer: AgentTrainer {
    /// What it trains on; they never leave this process.
    package let examples: LabelledExamples

    package init(examples: LabelledExamples) {
        self.examples = examples
    }

    package var needsPreviousModel: Bool { false }

    package func train(_ job: TrainingJob) async throws(AgentError) -> TrainedUpdate {
        let examples = examples
        return try await SeparateThread.run { () throws(AgentError) in try Self.train(job, on: examples) }
    }

    private static func train(_ job: TrainingJob, on examples: LabelledExamples) throws(AgentError) -> TrainedUpdate {
        let task = job.task
        do {
            let trainer = try LocalTrainer(architecture: task.architecture, batchSize: task.training.batchSize)
            var generator = SeededGenerator(
                seed: task.seed, stream: "training", Int(job.participant), Int(job.round))
            let summary = try trainer.train(
                from: job.model.parameters, on: examples, rows: Array(0..<examples.count),
                configuration: task.training, generator: &generator)
            var update = ParameterSet(unwritten: task.architecture.parameterLayout)
            let saturated = try trainer.writeUpdate(
                onGrid: task.grid, against: job.model.parameters, into: &update)
            return TrainedUpdate(
                update: SharedParameterSet(update), sampleCount: examples.count, stepCount: summary.stepCount,
                metrics: ["loss": summary.meanLoss, "saturated": Double(saturated)])
        } catch {
            throw AgentError(
                .trainerFailed, "training of round \(job.round) of \(task.name) failed: \(error.message)",
                hint: "does the data fit the task? `tributary agent status` shows both")
        }
    }
}
