package import Federation
package import Tensors

/// A task with what its contributions are valued on.
package struct TaskMaterial: Sendable {
    package let task: TaskConfiguration
    /// What contributions are scored on.
    package let validation: LabelledExamples
    /// What accuracy is reported on.
    package let test: LabelledExamples
    /// The file that says where these come from, kept beside the task: a scenario, or a source file.
    package let source: String
    /// Where the data are, for people.
    package let dataName: String

    package init(
        task: TaskConfiguration, validation: LabelledExamples, test: LabelledExamples, source: String, dataName: String
    ) {
        self.task = task
        self.validation = validation
        self.test = test
        self.source = source
        self.dataName = dataName
    }
}
