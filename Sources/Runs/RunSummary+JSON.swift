import Foundation

extension RunSummary {
    /// The summary as one JSON object: sorted keys, two-space indentation where `pretty`. Non-finite numbers become the
    /// texts `"inf"`, `"-inf"` and `"nan"`.
    package func json(pretty: Bool = true) throws(RunError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = pretty ? [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes] : [.sortedKeys]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
        do {
            return [UInt8](try encoder.encode(self))
        } catch {
            throw RunError(.malformed, "the summary of run \(run) cannot be written as JSON: \(error)")
        }
    }

    /// Reads a summary. Every count and text in it is checked against `RunLimits` before it is handed out.
    package init(json bytes: [UInt8]) throws(RunError) {
        guard bytes.count <= RunLimits.summaryByteCount else {
            throw RunError(
                .tooLarge,
                "a summary of \(bytes.count) bytes; at most \(RunLimits.summaryByteCount) are read"
            )
        }
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
        let summary: RunSummary
        do {
            let version = try decoder.decode(SchemaProbe.self, from: Data(bytes))
            guard version.schema == Self.currentSchema else {
                throw RunError(
                    .unsupportedSchema,
                    "the summary has schema \(version.schema); this version reads schema \(Self.currentSchema)"
                )
            }
            summary = try decoder.decode(RunSummary.self, from: Data(bytes))
        } catch let error as RunError {
            throw error
        } catch let error as DecodingError {
            throw RunError(.malformed, "the summary is not in order: \(Self.sentence(error))")
        } catch {
            throw RunError(.malformed, "the summary is not JSON: \(error)")
        }
        try summary.checkBounds()
        self = summary
    }

    /// The schema alone, so that a newer form is named as such and not as a missing key.
    private struct SchemaProbe: Decodable {
        let schema: Int
    }

    private static func sentence(_ error: DecodingError) -> String {
        func place(_ context: DecodingError.Context) -> String {
            let path = context.codingPath.prefix(8).map(\.stringValue).joined(separator: ".")
            return path.isEmpty ? "the whole" : String(path.prefix(200))
        }
        return switch error {
        case .keyNotFound(let key, let context): "\(place(context)) has no \"\(key.stringValue)\""
        case .typeMismatch(_, let context): "\(place(context)) has another type than expected"
        case .valueNotFound(_, let context): "\(place(context)) is null"
        case .dataCorrupted(let context): "\(place(context)) is corrupted"
        @unknown default: "unreadable"
        }
    }

    private func checkBounds() throws(RunError) {
        try Self.check(rounds.count, "rounds", atMost: RunLimits.roundCount)
        try Self.check(participants.count, "participants", atMost: RunLimits.participantCount)
        try Self.check(parameterCount, "parameters", atMost: .max)
        try Self.check(threads, "threads", atMost: .max)
        for text in [run, scenario, task, dataset, model, modelDigest, ledgerRoot, asset, kernels] {
            try Self.check(text.utf8.count, "bytes in one text", atMost: RunLimits.textByteCount)
        }
        for round in rounds {
            try Self.check(round.refused.count, "reasons", atMost: RunLimits.reasonCount)
            for count in [round.round, round.invited, round.accepted, round.droppedOut] + Array(round.refused.values) {
                try Self.check(count, "in round \(round.round)", atMost: .max)
            }
        }
        for participant in participants {
            try Self.check(participant.perRoundFull.count, "scores", atMost: RunLimits.roundCount)
            for text in [participant.label, participant.did, participant.population] {
                try Self.check(text.utf8.count, "bytes in one text", atMost: RunLimits.textByteCount)
            }
            for count in [
                participant.number, participant.examples, participant.invited, participant.accepted,
                participant.refused, participant.droppedOut,
            ] {
                try Self.check(count, "of participant \(participant.number)", atMost: .max)
            }
        }
    }

    private static func check(_ count: Int, _ what: String, atMost limit: Int) throws(RunError) {
        if count < 0 { throw RunError(.malformed, "the summary has a negative count: \(count) \(what)") }
        if count > limit { throw RunError(.tooLarge, "the summary has \(count) \(what); at most \(limit) are read") }
    }
}
