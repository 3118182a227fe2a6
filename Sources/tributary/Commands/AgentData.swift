import AgentClient
import Datasets
import Foundation
import Tensors

/// The data set that an agent trains on.
struct AgentData: Sendable {
    /// As it is written down for later: an absolute path, or "digits".
    let name: String
    /// All its training examples.
    let examples: LabelledExamples

    var schema: Consent.Schema { Consent.Schema(features: examples.featureCount, classes: examples.classCount) }

    /// Reads a folder, a file, or "digits"; the whole training part is used.
    static func load(_ path: String) throws -> AgentData {
        if path == "digits" { return AgentData(name: path, examples: try Dataset.digits().train) }
        let absolute = URL(fileURLWithPath: path).standardizedFileURL.path
        return AgentData(name: absolute, examples: try Dataset.load(path: absolute).train)
    }
}
