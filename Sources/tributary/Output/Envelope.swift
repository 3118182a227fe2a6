import Foundation
import Ledger

/// The one JSON object that a command prints under `--json` (design decision D11).
struct Envelope<Payload: Encodable>: Encodable {
    let schema = 1
    let command: String
    let ok: Bool
    let data: Payload
    let error: CommandFailure.Body?

    enum CodingKeys: CodingKey { case schema, command, ok, data, error }

    /// Prints what a command found; `failure` where that is a fault, which the exit code tells as well.
    static func print(command: String, _ data: Payload, failure: CommandFailure? = nil) throws {
        try JSONLine.print(Envelope(command: command, ok: failure == nil, data: data, error: failure?.body))
    }
}

extension Envelope where Payload == Never {
    /// Prints why a command failed.
    static func printFailure(command: String, _ failure: CommandFailure) {
        try? JSONLine.print(FailureEnvelope(command: command, error: failure.body))
    }
}

/// The object that a failed command prints.
private struct FailureEnvelope: Encodable {
    let schema = 1
    let command: String
    let ok = false
    let error: CommandFailure.Body

    enum CodingKeys: CodingKey { case schema, command, ok, error }
}

/// Writes one JSON object and a line feed to standard output.
private enum JSONLine {
    static func print(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        Terminal.raw(String(decoding: try encoder.encode(value), as: UTF8.self).shownJSON() + "\n")
    }
}
