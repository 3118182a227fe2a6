package import Attestation
package import Federation
package import Ledger
package import Tensors

/// What an agent gives its trainer: one round of one task.
package struct TrainingJob: Sendable {
    /// The task as its file says.
    package let task: TaskConfiguration
    /// SHA-256 of the task file.
    package let taskID: Digest
    /// The task file's bytes (YAML).
    package let taskText: [UInt8]
    /// The round, from 1.
    package let round: UInt32
    /// The agent's number in the ledger.
    package let participant: ParticipantNumber
    /// The model to train from.
    package let model: SharedParameterSet
    /// Where that model lies on disk: a path, safetensors.
    package let modelFile: String
    /// The model before the last change to it; nil before the first, or where the trainer does not need it.
    package let previousModel: SharedParameterSet?
    /// An empty folder for this job alone; the agent removes it afterwards.
    package let folder: String
    /// When the round closes, in milliseconds since the Unix epoch on this machine's clock.
    package let deadlineMs: UInt64
    /// Square of the length up to which an update counts in full, in squares of the grid's unit; nil where the
    /// coordinator names none.
    package let boundSquared: UInt128?

    package init(
        task: TaskConfiguration, taskID: Digest, taskText: [UInt8], round: UInt32, participant: ParticipantNumber,
        model: SharedParameterSet, modelFile: String, previousModel: SharedParameterSet?, folder: String,
        deadlineMs: UInt64, boundSquared: UInt128? = nil
    ) {
        self.task = task
        self.taskID = taskID
        self.taskText = taskText
        self.round = round
        self.participant = participant
        self.model = model
        self.modelFile = modelFile
        self.previousModel = previousModel
        self.folder = folder
        self.deadlineMs = deadlineMs
        self.boundSquared = boundSquared
    }
}
