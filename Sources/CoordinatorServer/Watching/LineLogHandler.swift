internal import Foundation
internal import Ledger
package import Logging

/// Writes a log to standard error, an event a line: text for people, or one JSON object for machines.
package struct LineLogHandler: LogHandler {
    /// How a line looks.
    package enum Format: String, CaseIterable, Sendable {
        case text, json
    }

    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel: Logger.Level {
        get { level.current }
        set { level.current = newValue }
    }
    private let format: Format
    private let level: LogLevelBox
    private let label: String

    package init(label: String, format: Format, level: LogLevelBox) {
        self.label = label
        self.format = format
        self.level = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var all = metadata
        for (key, value) in event.metadata ?? [:] { all[key] = value }
        let pairs = all.map { (key: $0.key, value: "\($0.value)") }.sorted { $0.key < $1.key }
        let line =
            switch format {
            case .text: Self.text(event, pairs)
            case .json: Self.json(event, pairs, label)
            }
        // One write a line, so that lines of several threads do not mix.
        try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }

    private static func text(_ event: LogEvent, _ pairs: [(key: String, value: String)]) -> String {
        let time = Date().formatted(.iso8601.time(includingFractionalSeconds: false))
        let mark = event.level >= .notice ? "\(event.level.rawValue): " : ""
        let tail = pairs.map { " \($0.key)=\($0.value.shown(limit: shownCount))" }.joined()
        return "\(time)  \(mark)\(event.message.description.shown(limit: shownCount))\(tail)"
    }

    private static func json(
        _ event: LogEvent, _ pairs: [(key: String, value: String)], _ label: String
    ) -> String {
        var object: [String: String] = [:]
        for pair in pairs { object[pair.key] = pair.value }
        object["time"] = Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        object["level"] = event.level.rawValue
        object["message"] = event.message.description
        object["log"] = label
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(object)).map { String(decoding: $0, as: UTF8.self).shownJSON() } ?? "{}"
    }

    /// Scalars of a message or value that are written.
    private static let shownCount = 2_000
}
