package import Coordination

/// Reads the data that a task's contributions are valued on. What data sets there are is not the server's business.
package protocol TaskMaterialLoading: Sendable {
    /// A task as an operator opens it.
    ///
    /// - Throws: an error whose description says what is wrong with the file or its data.
    func material(opening request: TaskRequest) throws -> TaskMaterial

    /// A task that is open on the ledger, after a restart.
    ///
    /// - Parameters:
    ///   - taskText: the task file, as the ledger has it.
    ///   - source: `TaskMaterial.source`, as it was kept.
    func material(taskText: String, source: String) throws -> TaskMaterial
}

/// What an operator opens.
package struct TaskRequest: Sendable {
    /// A task file or a scenario file.
    package let text: String
    /// "digits", or a path; nil where the file says it.
    package let data: String?
    package let validationCount: Int?
    package let testCount: Int?

    package init(text: String, data: String?, validationCount: Int?, testCount: Int?) {
        self.text = text
        self.data = data
        self.validationCount = validationCount
        self.testCount = testCount
    }
}
