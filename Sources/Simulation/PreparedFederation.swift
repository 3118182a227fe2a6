package import Attestation
package import Datasets
internal import Federation
internal import Foundation
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

    /// Splits the data and deals them out.
    ///
    /// A data set with a test part keeps its whole training part for the participants, as published results do; the
    /// validation set is then drawn from the test part, of which all is reported on. That costs no honesty: the
    /// validation set decides about pay alone and never touches the model. A data set without a test part is split in
    /// three.
    ///
    /// - Throws: `SimulationError` with code `unusableData` if there are too few examples; `DatasetError` if they
    ///   cannot be dealt out as the scenario asks.
    package init(scenario: Scenario, dataset: Dataset) throws {
        self.scenario = scenario
        datasetName = dataset.name
        let seed = scenario.task.seed
        var groups: [Int]?
        if let test = dataset.test {
            guard scenario.validationCount < test.count else {
                throw SimulationError(
                    .unusableData, "data.validation \(scenario.validationCount) of \(test.count) test examples",
                    hint: "ask for fewer")
            }
            let split = try ExampleSplit.stratified(
                labels: test.labels, validationCount: scenario.validationCount, testCount: 0, seed: seed)
            validation = try test.selection(of: split.validation)
            self.test = test
            train = dataset.train
            groups = dataset.groups
        } else {
            guard scenario.testCount > 0 else {
                throw SimulationError(
                    .unusableData, "the data set has no test part and data.test is 0", hint: "hold some examples out")
            }
            let split = try ExampleSplit.stratified(
                labels: dataset.train.labels, validationCount: scenario.validationCount,
                testCount: scenario.testCount, seed: seed)
            validation = try dataset.train.selection(of: split.validation)
            test = try dataset.train.selection(of: split.test)
            train = try dataset.train.selection(of: split.train)
            groups = dataset.groups.map { all in split.train.map { all[$0] } }
        }
        let holders = scenario.populations.reduce(0) { $0 + ($1.kind.holdsData ? $1.count : 0) }
        let partition = try scenario.partitioner.partition(
            labels: train.labels, groups: groups, participants: holders, seed: seed)
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
        var source = try Scenario.dataSource(in: text)
        if let dataPath { source = dataPath == "digits" ? .digits : .path(dataPath) }
        let dataset: Dataset
        switch source {
        case .digits: dataset = try Dataset.digits()
        case .path(let path):
            let isAbsolute = path.hasPrefix("/") || dataPath != nil
            let url = URL(fileURLWithPath: isAbsolute ? path : "\(folder)/\(path)").standardizedFileURL
            dataset = try Dataset.load(path: url.path)
            source = .path(url.path)
        }
        var scenario = try Scenario(
            text: text, featureCount: dataset.train.featureCount, classCount: dataset.train.classCount)
        scenario.data = source
        adjust(&scenario)
        return try PreparedFederation(scenario: scenario, dataset: dataset)
    }
}
