import Coordination
import CoordinatorServer
import Datasets
import Federation
import Foundation
import Ledger
import Simulation
import Tensors
import Training

/// Reads the examples that a task's contributions are valued on: a data set of this machine, split as a scenario says
/// or as the operator asked.
struct TaskMaterialLoader: TaskMaterialLoading {
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
        return try material(task, source: Self.source(path, request.validationCount, request.testCount))
    }

    func material(taskText: String, source: String) throws -> TaskMaterial {
        let found: TaskMaterial
        if try ConfigurationSection(text: source).has("name") {
            found = try scenario(source, dataPath: nil) { _ in }
        } else {
            let task = try TaskConfiguration(text: taskText)
            found = try material(task, source: source)
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
        let data = federation.data
        return TaskMaterial(
            task: federation.scenario.task, evaluation: { try data.evaluation(seed: $0.validationSeed) },
            source: federation.scenario.text, dataName: federation.datasetName)
    }

    /// A task whose data set is divided as its source file says, which is what an audit does.
    private func material(_ task: TaskConfiguration, source: String) throws -> TaskMaterial {
        let data = try DividedDataset.load(text: source, seed: task.seed, folder: "/")
        guard data.train.featureCount == task.architecture.inputCount,
            data.train.classCount == task.architecture.classCount
        else {
            throw FederationError(
                .inconsistentConfiguration,
                """
                \(data.name) has \(data.train.featureCount) features and \(data.train.classCount) classes; the task's \
                schema says \(task.architecture.inputCount) and \(task.architecture.classCount)
                """)
        }
        return TaskMaterial(
            task: task, evaluation: { try data.evaluation(seed: $0.validationSeed) }, source: source,
            dataName: data.name)
    }

    /// The source file that is kept beside a task: where its data are, and how many examples of them.
    private static func source(_ path: String, _ validationCount: Int?, _ testCount: Int?) -> String {
        let place = (path == "digits" ? Scenario.DataSource.digits : .path(path)).text
        let counts = [validationCount.map { "validation: \($0)" }, testCount.map { "test: \($0)" }]
        return "data: { \(([place] + counts.compactMap { $0 }).joined(separator: ", ")) }\n"
    }
}
