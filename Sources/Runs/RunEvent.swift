/// Something that happened in a run: one line of `events.jsonl`.
package struct RunEvent: Sendable, Equatable {
    /// A value in an event.
    package enum Value: Sendable, Equatable {
        /// A text; long ones are cut when written.
        case text(String)
        /// A whole number.
        case integer(Int64)
        /// A whole number that may not fit `integer`.
        case unsigned(UInt64)
        /// A number; written as `null` where it is not finite.
        case number(Double)
        /// Yes or no.
        case flag(Bool)
    }

    /// What happened, in lower case with hyphens: `"round-opened"`, `"contribution-refused"`, …
    package let kind: String
    /// The round it belongs to, if any.
    package let round: Int?
    /// The clock of the simulated world in seconds, where there is one.
    package let virtualSeconds: Double?
    /// Everything else, by name. The names `event`, `round` and `virtual_seconds` are taken.
    package let fields: [String: Value]

    package init(_ kind: String, round: Int? = nil, virtualSeconds: Double? = nil, fields: [String: Value] = [:]) {
        self.kind = kind
        self.round = round
        self.virtualSeconds = virtualSeconds
        self.fields = fields
    }

    /// The event as one JSON object without a line feed, keys sorted by their bytes, of fewer than
    /// `RunLimits.eventLineByteCount` bytes: long texts are cut, and where that is not enough fields are left out
    /// from the
    /// end and `"truncated":true` is written.
    package var line: String {
        var all = fields.filter { !Self.reserved.contains($0.key) }
        all["event"] = .text(kind)
        if let round { all["round"] = .integer(Int64(round)) }
        if let virtualSeconds { all["virtual_seconds"] = .number(virtualSeconds) }
        let parts = all.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .map { (name: $0.key, text: "\(Self.quoted($0.key)):\(Self.json($0.value))") }
        let whole = "{" + parts.map(\.text).joined(separator: ",") + "}"
        if whole.utf8.count < RunLimits.eventLineByteCount { return whole }
        return Self.shortened(parts, truncation: "\"truncated\":true")
    }

    private static let reserved: Set<String> = ["event", "round", "virtual_seconds", "truncated"]

    private static func shortened(_ parts: [(name: String, text: String)], truncation: String) -> String {
        let always = parts.filter { reserved.contains($0.name) }
        var room = RunLimits.eventLineByteCount - truncation.utf8.count - 8
        for part in always { room -= part.text.utf8.count + 1 }
        var kept = [(name: "truncated", text: truncation)] + always
        for part in parts where !reserved.contains(part.name) {
            room -= part.text.utf8.count + 1
            if room < 0 { break }
            kept.append(part)
        }
        kept.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        return "{" + kept.map(\.text).joined(separator: ",") + "}"
    }

    private static func json(_ value: Value) -> String {
        switch value {
        case .text(let text): quoted(text)
        case .integer(let value): "\(value)"
        case .unsigned(let value): "\(value)"
        case .number(let value): value.isFinite ? "\(value)" : "null"
        case .flag(let value): value ? "true" : "false"
        }
    }

    /// A JSON string (RFC 8259 §7), cut to `RunLimits.eventTextByteCount` bytes of escaped text.
    private static func quoted(_ text: String) -> String {
        var escaped = ""
        var size = 0
        for scalar in text.unicodeScalars {
            let piece: String
            switch scalar {
            case "\"": piece = "\\\""
            case "\\": piece = "\\\\"
            case "\n": piece = "\\n"
            case "\t": piece = "\\t"
            case "\r": piece = "\\r"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let hex = String(scalar.value, radix: 16)
                piece = "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: piece = String(scalar)
            }
            size += piece.utf8.count
            if size > RunLimits.eventTextByteCount {
                escaped += "…"
                break
            }
            escaped += piece
        }
        return "\"\(escaped)\""
    }
}
