import Federation
import Foundation
import Tensors

/// Reads scenario files.
enum ScenarioFile {
    /// The file's text; `FederationError` if it is no UTF-8 or too long.
    ///
    /// - Parameter hint: what to do where there is no such file.
    static func read(_ path: String, hint: String = "Simulations/scenarios has some") throws -> String {
        let file: MappedFile
        do {
            file = try MappedFile(path: path)
        } catch {
            throw CommandFailureError(
                failure: CommandFailure(
                    code: "noScenario", .noInput, error.description, hint: hint))
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

    /// Says of what is wrong in a file's text which file it is.
    static func naming<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as FederationError {
            throw FederationError(error.code, "\(path): \(error.message)", hint: error.hint)
        }
    }
}
