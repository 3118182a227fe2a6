internal import Datasets
internal import Federation
internal import Foundation
internal import Ledger
internal import Runs
internal import Tensors
internal import Training

/// A task that is to be checked: what its file says, its data, and short simulations of it.
package struct TaskCheckSubject: Sendable {
    /// How much is simulated.
    package struct Effort: Sendable {
        /// Most rounds of a trial.
        package var rounds: Int
        /// Trials of each line, each with a seed of its own.
        package var trials: Int
        /// Most threads to use; the results do not depend on it.
        package var threads: Int

        package init(rounds: Int = TaskCheckLimits.roundCount, trials: Int = 2, threads: Int) {
            self.rounds = rounds
            self.trials = trials
            self.threads = threads
        }
    }

    /// The task and who takes part in it; of a task file, a full cohort among whom the data are dealt out evenly.
    package let scenario: Scenario
    /// Whether the file says who takes part and how the data are dealt out.
    package let isScenario: Bool
    /// The data set's name, for people.
    package let datasetName: String
    let trial: TaskTrial
    /// The trials of honest participants alone.
    let honest: [TaskTrial.Outcome]
    /// How many trials, and threads for more of them.
    package let effort: Effort

    /// Reads a task or scenario file and its data set, and simulates honest participants.
    ///
    /// - Parameters:
    ///   - folder: what a relative data path starts from.
    ///   - dataPath: where the data set is, if not where the file says; a task file names none.
    /// - Throws: `FederationError` naming the key and line, `DatasetError`, or `SimulationError` with code
    ///   `unusableData`.
    package init(text: String, folder: String, dataPath: String?, effort: Effort) throws {
        isScenario = try ConfigurationSection(text: text).has("schema") == false
        let dataset: Dataset
        if isScenario {
            let (found, source) = try DividedDataset.dataset(
                Scenario.dataRule(in: text).source, folder: folder, dataPath: dataPath)
            dataset = found
            var read = try Scenario(
                text: text, featureCount: found.train.featureCount, classCount: found.train.classCount)
            read.data = source
            scenario = read
        } else {
            let task = try TaskConfiguration(text: text)
            guard let dataPath else {
                throw FederationError(
                    .missingKey, "a task file does not say what is trained on",
                    hint: "name a data set with --data, \"digits\" for the built-in one")
            }
            let (found, source) = try DividedDataset.dataset(.digits, folder: folder, dataPath: dataPath)
            try Self.check(task, fits: found)
            dataset = found
            scenario = Scenario(task: task, data: source, dataset: found)
        }
        self.effort = effort
        datasetName = dataset.name
        let made = try TaskTrial(scenario, isScenario: isScenario, dataset: dataset, effort: effort)
        trial = made
        honest = try made.outcomes(of: made.honestPopulations, count: effort.trials, threads: effort.threads)
    }

    private static func check(_ task: TaskConfiguration, fits dataset: Dataset) throws(FederationError) {
        let (features, classes) = (task.architecture.inputCount, task.architecture.classCount)
        guard features == dataset.train.featureCount, classes == dataset.train.classCount else {
            throw FederationError(
                .inconsistentConfiguration,
                """
                \(dataset.name) has \(dataset.train.featureCount) features and \(dataset.train.classCount) classes; \
                the task's schema says \(features) and \(classes)
                """)
        }
    }
}

extension Scenario {
    /// A task with a full cohort among whom a data set is dealt out evenly; a fifth of it is held out where it has no
    /// test part, 300 examples at most for each use.
    fileprivate init(task: TaskConfiguration, data: DataSource, dataset: Dataset) {
        let part = min(300, max(1, (dataset.test ?? dataset.train).count / 10))
        self.init(
            task: task, data: data, validationCount: part, testCount: part, partitioner: .iid,
            populations: [Population(kind: .honest, count: task.cohort.size)], network: Network(), retention: .none,
            diskBudgetByteCount: 0, cap: task.reward.pool)
    }
}

/// The bounds of a check.
package enum TaskCheckLimits {
    /// Most rounds of a trial.
    package static let roundCount = 12
    /// Most honest participants of a trial.
    package static let participantCount = 10
    /// Most validation examples of a trial.
    package static let validationCount = 500
    /// Most trials of a line.
    package static let trialCount = 20
    /// Multiplications that training may take in all trials of one seed, and as many for scoring: what takes longer is
    /// cut to fewer examples.
    static let workCount = 3e10
    /// Fewest examples of a participant that a trial cuts to.
    static let exampleCount = 50
}
