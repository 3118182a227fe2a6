package import Attestation
package import Datasets
package import Federation
internal import Foundation
package import Tensors

/// A data set in its public parts: a function of the data, the counts and the task's seed alone, so that an auditor
/// with the same data gets the same.
///
/// A data set with a test part keeps its whole training part for the participants, as published results do; the
/// validation set is then drawn from the test part, of which all is reported on. That costs no honesty: the
/// validation set decides about pay alone and never touches the model. Of a data set without a test part, some examples
/// are held out for validation and test together.
///
/// Which of the held-out examples contributions are scored on is drawn by each task's secret: see `evaluation`.
package struct DividedDataset: Sendable {
    /// The data set's name, for people.
    package let name: String
    /// What participants train on.
    package let train: LabelledExamples
    /// A key of each training example, where the data set has one.
    package let groups: [Int]?
    /// What the validation set is drawn from.
    package let heldOut: LabelledExamples
    private let validationCount: Int
    /// Whether the data set has a test part, all of which is reported on.
    private let hasTestPart: Bool
    /// The sets of rules version 1, where the task's seed alone gave them.
    private let version1: EvaluationSets

    /// Divides a data set.
    ///
    /// - Throws: `SimulationError` with code `unusableData` if there are too few examples.
    package init(_ dataset: Dataset, validationCount: Int, testCount: Int, seed: UInt64) throws {
        name = dataset.name
        self.validationCount = validationCount
        hasTestPart = dataset.test != nil
        if let test = dataset.test {
            guard validationCount < test.count else {
                throw SimulationError(
                    .unusableData, "data.validation \(validationCount) of \(test.count) test examples",
                    hint: "ask for fewer")
            }
            let split = try ExampleSplit.stratified(
                labels: test.labels, validationCount: validationCount, testCount: 0, seed: seed)
            version1 = EvaluationSets(validation: try test.selection(of: split.validation), test: test)
            heldOut = test
            train = dataset.train
            groups = dataset.groups
        } else {
            guard testCount > 0 else {
                throw SimulationError(
                    .unusableData, "the data set has no test part and data.test is 0", hint: "hold some examples out")
            }
            let split = try ExampleSplit.stratified(
                labels: dataset.train.labels, validationCount: validationCount, testCount: testCount, seed: seed)
            version1 = EvaluationSets(
                validation: try dataset.train.selection(of: split.validation),
                test: try dataset.train.selection(of: split.test))
            heldOut = try dataset.train.selection(of: (split.validation + split.test).sorted())
            train = try dataset.train.selection(of: split.train)
            groups = dataset.groups.map { all in split.train.map { all[$0] } }
        }
    }

    /// What a task's models are measured on.
    ///
    /// - Parameter seed: its secret validation seed.
    package func evaluation(seed: Digest) throws -> EvaluationSets {
        let words = seed.withUnsafeBytes { raw in
            (0..<4).map { UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)) }
        }
        let drawn = try ExampleSplit.drawn(
            labels: heldOut.labels, validationCount: validationCount, seed: (words[0], words[1], words[2], words[3]))
        return EvaluationSets(
            validation: try heldOut.selection(of: drawn.validation),
            test: hasTestPart ? heldOut : try heldOut.selection(of: drawn.rest))
    }

    /// The sets of a task of rules version 1.
    package var version1Evaluation: EvaluationSets { version1 }

    /// Reads and divides the data set that a file names under `data`: a scenario, or a source file, which has that key
    /// alone (`data: { source: folder, path: "…", validation: 300, test: 300 }`).
    ///
    /// - Parameters:
    ///   - text: the file.
    ///   - seed: the task's.
    ///   - folder: what a relative path in it starts from.
    ///   - dataPath: where the data set is, if not where the file says; "digits" for the embedded one.
    package static func load(
        text: String, seed: UInt64, folder: String, dataPath: String? = nil
    ) throws -> DividedDataset {
        let rule = try Scenario.dataRule(in: text)
        return try DividedDataset(
            dataset(rule.source, folder: folder, dataPath: dataPath).dataset, validationCount: rule.validationCount,
            testCount: rule.testCount, seed: seed)
    }

    /// Reads a data set, and says where it was in the end.
    static func dataset(
        _ source: Scenario.DataSource, folder: String, dataPath: String?
    ) throws -> (dataset: Dataset, source: Scenario.DataSource) {
        let named = dataPath.map { $0 == "digits" ? Scenario.DataSource.digits : .path($0) } ?? source
        guard case .path(let path) = named else { return (try Dataset.digits(), .digits) }
        let isWhole = path.hasPrefix("/") || dataPath != nil
        let url = URL(fileURLWithPath: isWhole ? path : "\(folder)/\(path)").standardizedFileURL
        return (try Dataset.load(path: url.path), .path(url.path))
    }
}
