/// Makes the updates of an agent. The agent calls it for one job at a time.
package protocol AgentTrainer: Sendable {
    /// Whether `TrainingJob.previousModel` is to be fetched.
    var needsPreviousModel: Bool { get }

    /// Trains from the job's model.
    ///
    /// A task that is cancelled stops training soon and throws `stopped`.
    ///
    /// - Throws: `AgentError` with code `trainerFailed`, `trainerTimedOut`, `trainerOutputInvalid`, `unusableData`,
    ///   `abstained` or `stopped`; the agent passes the round over and lives on.
    func train(_ job: TrainingJob) async throws(AgentError) -> TrainedUpdate
}
