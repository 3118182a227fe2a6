import FoundationEssentials
import Ledger

/// `metrics.json`: what a trainer says of its work.
struct TrainerReport {
    /// Examples trained on: information, unless the task weighs or pays by them.
    let sampleCount: Int
    /// Optimiser steps taken.
    let stepCount: Int
    /// Every other number, at most `TrainerLimits.metricCount`; for the participant's log.
    let metrics: [String: Double]

    /// Reads the file: one JSON object with `samples` and `steps`, and whatever numbers the trainer adds.
    ///
    /// - Throws: `AgentError` with code `trainerOutputInvalid`.
    init(json: [UInt8]) throws(AgentError) {
        let members: [String: Value]
        do {
            members = try JSONDecoder().decode([String: Value].self, from: Data(json))
        } catch {
            throw Self.invalid("it is no JSON object")
        }
        sampleCount = try Self.count("samples", in: members, limit: LedgerLimits.totalWeight, least: 1)
        stepCount = try Self.count("steps", in: members, limit: UInt64(UInt32.max), least: 0)
        var metrics: [String: Double] = [:]
        for (name, value) in members.sorted(by: { $0.key < $1.key }).prefix(TrainerLimits.metricCount) {
            if let number = value.number, name != "samples", name != "steps" { metrics[name] = number }
        }
        self.metrics = metrics
    }

    /// A member's value: the number it is, or nil for text, lists and the like, which a trainer may add for itself.
    private struct Value: Decodable {
        let number: Double?

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            number = try? container.decode(Double.self)
        }
    }

    private static func count(
        _ name: String, in members: [String: Value], limit: UInt64, least: Int
    ) throws(AgentError) -> Int {
        guard let value = members[name] else { throw invalid("it has no \"\(name)\"") }
        guard let number = value.number, let count = Int(exactly: number), (least...Int(limit)).contains(count) else {
            let given = value.number.map { "\($0)" } ?? "no number"
            throw invalid("\"\(name)\" is \(given); a whole number from \(least) to \(limit) belongs there")
        }
        return count
    }

    private static func invalid(_ message: String) -> AgentError {
        TrainerFiles.invalid(
            "metrics.json: \(message)",
            hint: "write one such as {\"samples\": 120, \"steps\": 12, \"loss\": 0.4}; NaN is not JSON")
    }
}
