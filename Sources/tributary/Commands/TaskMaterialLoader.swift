import Coordination
import CoordinatorServer
import Datasets
import Federation
import Foundation
import Simulation
import Tensors
import Training

/// Reads the examples that a task's contributions are valued on: a data set of this machine, split as a scenario says or
/// as the operator asked.
struct TaskMaterialLoader: TaskMaterialLoading {
    /// Examples for validation where nobody says how many.
    private static let validationCount = 1_000

    func material(opening request: TaskRequest) throws -> TaskMaterial {
        guard try ConfigurationSection(text: request.text).has("schema") else {
            return try scenario(request.text, dataPath: request.data) { scenario in
                if let count = request.validationCount { scenario.validationCount = count }
                if let count = request.testCount { scenario.testCount = count }
            }
        }
        let task = try TaskConfiguration(text: request.text)
        guard let path = request.data else {
            throw FederationError(
                .missingKey, "a task file does not say what contributions are valued on",
                hint: "name a data set with --data, \"digits\" for the built-in one")
        }
        return try material(task, path, request.validationCount, request.testCount)
    }

    func material(taskText: String, source: String) throws -> TaskMaterial {
        let root = try ConfigurationSection(text: source)
        let found: TaskMaterial
        if root.has("name") {
            found = try scenario(source, dataPath: nil) { _ in }
        } else {
            guard let path = try root.string("data") else { throw root.missing("data") }
            found = try material(
                TaskConfiguration(text: taskText), path, root.integer("validation", in: 1...Int.max),
                root.integer("test", in: 1...Int.max))
        }
        guard found.task.text == taskText else {
            throw FederationError(
                .inconsistentConfiguration, "the task's source file gives another task than the ledger has",
                hint: "restore the file in the task's folder")
        }
        return found
    }

    private func scenario(
        _ text: String, dataPath: String?, adjust: (inout Scenario) -> Void
    ) throws -> TaskMaterial {
        let federation = try PreparedFederation.load(text: text, folder: "/", dataPath: dataPath, adjust: adjust)
        return TaskMaterial(
            task: federation.scenario.task, validation: federation.validation, test: federation.test,
            source: federation.scenario.text, dataName: federation.datasetName)
    }

    /// The data set's test part is the test, and validation is drawn from it; one without a test part is split.
    private func material(
        _ task: TaskConfiguration, _ path: String, _ validationCount: Int?, _ testCount: Int?
    ) throws -> TaskMaterial {
        let dataset = path == "digits" ? try Dataset.digits() : try Dataset.load(path: path)
        guard dataset.train.featureCount == task.architecture.inputCount,
            dataset.train.classCount == task.architecture.classCount
        else {
            throw FederationError(
                .inconsistentConfiguration,
                """
                \(dataset.name) has \(dataset.train.featureCount) features and \(dataset.train.classCount) classes; the \
                task's schema says \(task.architecture.inputCount) and \(task.architecture.classCount)
                """)
        }
        let held = dataset.test ?? dataset.train
        let most = held.count / 2
        let validation = validationCount ?? min(Self.validationCount, most)
        let test = testCount ?? (held.count - validation) / 2
        let split = try ExampleSplit.stratified(
            labels: held.labels, validationCount: validation, testCount: dataset.test == nil ? test : 0, seed: task.seed)
        return TaskMaterial(
            task: task, validation: try held.selection(of: split.validation),
            test: try dataset.test ?? held.selection(of: split.test),
            source: "data: \"\(path)\"\nvalidation: \(validation)\ntest: \(test)\n", dataName: dataset.name)
    }
}
