package import Attestation
package import Datasets
package import Federation
package import Ledger
package import Tensors

/// A scenario with its data set read, split and dealt out: a function of the scenario and the data alone, so that an
/// auditor with the same data gets the same.
package struct PreparedFederation: Sendable {
    package let scenario: Scenario
    /// The data set's name, for people.
    package let datasetName: String
    /// What participants train on; `SimulatedParticipant.rows` index it.
    package let train: LabelledExamples
    /// Its parts; `evaluation` draws the validation set from them.
    package let data: DividedDataset
    /// What the simulated coordinator knows and nobody else.
    package let secrets: SimulatedSecrets
    /// What contributions are scored on, and what accuracy is reported on.
    package let sets: EvaluationSets
    /// In order of number.
    package let participants: [SimulatedParticipant]

    /// Splits the data as `DividedDataset` does, and deals them out.
    ///
    /// - Throws: `SimulationError` with code `unusableData` if there are too few examples; `DatasetError` if they
    ///   cannot be dealt out as the scenario asks.
    package init(scenario: Scenario, dataset: Dataset) throws {
        var scenario = scenario
        let seed = scenario.task.seed
        let parts = try DividedDataset(
            dataset, validationCount: scenario.validationCount, testCount: scenario.testCount, seed: seed)
        datasetName = parts.name
        data = parts
        train = parts.train
        secrets = SimulatedSecrets(seed: seed)
        sets = try parts.evaluation(seed: secrets.task.validationSeed)
        let holders = scenario.populations.reduce(0) { $0 + $1.shareCount }
        let partition = try scenario.partitioner.partition(
            labels: train.labels, groups: parts.groups, participants: holders, seed: seed)
        if scenario.task.weights.exampleCount == nil, !partition.isEmpty {
            // What an ordinary participant holds is known here, so the automatic bound rests on it.
            scenario.task.weights.exampleCount = max(1, partition.reduce(0) { $0 + $1.count } / partition.count)
        }
        self.scenario = scenario
        participants = try SimulatedParticipant.all(of: scenario, partition: partition)
    }

    /// The same federation with other secrets: those that a real coordinator revealed at the close.
    package init(_ federation: PreparedFederation, secrets: SimulatedSecrets) throws {
        scenario = federation.scenario
        datasetName = federation.datasetName
        train = federation.train
        data = federation.data
        participants = federation.participants
        self.secrets = secrets
        sets = try federation.data.evaluation(seed: secrets.task.validationSeed)
    }

    /// The simulated coordinator's key.
    package func coordinatorKey() throws(AttestationError) -> SigningKey {
        try SimulatedParticipant.simulationKey("coordinator", 0, seed: scenario.task.seed)
    }

    /// The log's name in its checkpoints.
    package var origin: String { "tributary.simulation/\(scenario.task.name)" }

    /// Signs the ledger's checkpoints and the run folder's manifest.
    package func coordinatorSigner() throws(AttestationError) -> NoteSigner {
        try NoteSigner(name: origin, key: coordinatorKey())
    }
}

extension PreparedFederation {
    /// Reads a scenario's text and its data set.
    ///
    /// - Parameters:
    ///   - folder: what a relative data path starts from.
    ///   - dataPath: where the data set is, if not where the scenario says.
    ///   - adjust: changes to the scenario before its data are dealt out, such as those of command-line flags.
    package static func load(
        text: String, folder: String, dataPath: String? = nil, adjust: (inout Scenario) -> Void = { _ in }
    ) throws -> PreparedFederation {
        let (dataset, source) = try DividedDataset.dataset(
            Scenario.dataRule(in: text).source, folder: folder, dataPath: dataPath)
        var scenario = try Scenario(
            text: text, featureCount: dataset.train.featureCount, classCount: dataset.train.classCount)
        scenario.data = source
        adjust(&scenario)
        scenario.task.retain = scenario.promise
        return try PreparedFederation(scenario: scenario, dataset: dataset)
    }
}

/// What a coordinator knows and nobody else until the close.
package struct SimulatedSecrets: Sendable {
    /// What the validation set and the salts are drawn from.
    package let task: TaskSecret
    /// Seeds the initial model, where it is given from outside; nil where it follows from the simulated ledger.
    package let startSeed: Digest?

    package init(task: TaskSecret, startSeed: Digest?) {
        self.task = task
        self.startSeed = startSeed
    }

    /// Those of a simulation: a function of its scenario's seed, so that a run can be repeated.
    package init(seed: UInt64) {
        task = TaskSecret(SHA256.hash(Array("tributary/simulation/secret/\(seed)".utf8)))
        startSeed = nil
    }
}
