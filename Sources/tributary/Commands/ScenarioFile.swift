import Federation
import Foundation
import Tensors

/// Reads scenario files.
enum ScenarioFile {
    /// The file's text; `FederationError` if it is no UTF-8 or too long.
    static func read(_ path: String) throws -> String {
        let file: MappedFile
        do {
            file = try MappedFile(path: path)
        } catch {
            throw CommandFailureError(
                failure: CommandFailure(
                    code: "noScenario", .noInput, error.description,
                    hint: "Simulations/scenarios has some; without a scenario the embedded one runs"))
        }
        guard file.count <= FederationLimits.configurationByteCount else {
            throw FederationError(
                .malformedConfiguration,
                "\(path) has \(file.count) bytes; the limit is \(FederationLimits.configurationByteCount)")
        }
        guard let text = file.withUnsafeBytes({ String(validating: $0, as: UTF8.self) }) else {
            throw FederationError(.malformedConfiguration, "\(path) is not UTF-8 text")
        }
        return text
    }
}
