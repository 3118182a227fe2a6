package import Attestation
package import Datasets
internal import Federation
package import Tensors

/// A scenario with its data set read, split and dealt out: a function of the scenario and the data alone, so that an
/// auditor with the same data gets the same.
package struct PreparedFederation: Sendable {
    package let scenario: Scenario
    /// The data set's name, for people.
    package let datasetName: String
    /// What participants train on; `SimulatedParticipant.rows` index it.
    package let train: LabelledExamples
    /// What the coordinator scores contributions on.
    package let validation: LabelledExamples
    /// What accuracy is reported on.
    package let test: LabelledExamples
    /// In order of number.
    package let participants: [SimulatedParticipant]

    /// Splits the data as `DividedDataset` does, and deals them out.
    ///
    /// - Throws: `SimulationError` with code `unusableData` if there are too few examples; `DatasetError` if they
    ///   cannot be dealt out as the scenario asks.
    package init(scenario: Scenario, dataset: Dataset) throws {
        self.scenario = scenario
        let seed = scenario.task.seed
        let parts = try DividedDataset(
            dataset, validationCount: scenario.validationCount, testCount: scenario.testCount, seed: seed)
        datasetName = parts.name
        (train, validation, test) = (parts.train, parts.validation, parts.test)
        let holders = scenario.populations.reduce(0) { $0 + ($1.kind.holdsData ? $1.count : 0) }
        let partition = try scenario.partitioner.partition(
            labels: train.labels, groups: parts.groups, participants: holders, seed: seed)
        participants = try SimulatedParticipant.all(of: scenario, partition: partition)
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
        return try PreparedFederation(scenario: scenario, dataset: dataset)
    }
}
