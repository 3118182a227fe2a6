package import Federation
package import Ledger

/// A task with what its contributions are valued on.
package struct TaskMaterial: Sendable {
    package let task: TaskConfiguration
    /// Draws the validation set by the task's secret, and gives the test set that goes with it.
    package let evaluation: @Sendable (TaskSecret) throws -> EvaluationSets
    /// The file that says where these come from, kept beside the task: a scenario, or a source file.
    package let source: String
    /// Where the data are, for people.
    package let dataName: String

    package init(
        task: TaskConfiguration, evaluation: @escaping @Sendable (TaskSecret) throws -> EvaluationSets, source: String,
        dataName: String
    ) {
        self.task = task
        self.evaluation = evaluation
        self.source = source
        self.dataName = dataName
    }
}
