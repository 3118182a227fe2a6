package import Foundation

/// `metrics.csv`: a header, then one line a round, each written as soon as the round is over.
package struct MetricsFile: Sendable {
    private let file: AppendedFile

    /// The first line.
    package static let header =
        "round,outcome,invited,accepted,refused,dropped_out,validation_loss_before,validation_loss_after,test_loss,"
        + "test_accuracy,upload_bytes,download_bytes,seconds,virtual_seconds,paid,score_gap,refused_by_reason"

    /// Opens the file at its end and writes the header if it is new.
    package init(_ url: URL) throws(RunError) {
        file = try AppendedFile(url.path)
        if try file.byteCount() == 0 { try file.append(line: Self.header) }
    }

    /// Appends a round.
    package func append(_ round: RoundSummary) throws(RunError) {
        try file.append(line: Self.line(for: round))
    }

    /// Makes everything appended so far survive a power cut.
    package func flush() throws(RunError) { try file.flush() }

    /// A round as a line without its line feed. Numbers are in their shortest exact form; what was not measured is
    /// empty.
    package static func line(for round: RoundSummary) -> String {
        func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
        let reasons = round.refused.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }.joined(separator: ";")
        let cells = [
            "\(round.round)", round.outcome.rawValue, "\(round.invited)", "\(round.accepted)", "\(round.refusedCount)",
            "\(round.droppedOut)", text(round.validationLossBefore), text(round.validationLossAfter),
            text(round.testLoss), text(round.testAccuracy), "\(round.uploadBytes)", "\(round.downloadBytes)",
            text(round.seconds), text(round.virtualSeconds), "\(round.paid)", text(round.scoreGap), quoted(reasons),
        ]
        return cells.joined(separator: ",")
    }

    /// Reads the rounds of a file. A last line without its line feed, which a crash may leave, is not read.
    package static func read(_ url: URL) throws(RunError) -> [RoundSummary] {
        let bytes = try DurableFile.read(url.path, limit: RunLimits.metricsByteCount)
        guard let end = bytes.lastIndex(of: 0x0A) else { throw malformed(1, "no header line") }
        let lines = bytes[..<end].split(separator: 0x0A, omittingEmptySubsequences: false)
        guard String(decoding: lines[0], as: UTF8.self) == header else { throw malformed(1, "another header") }
        var rounds: [RoundSummary] = []
        for (index, line) in lines.enumerated().dropFirst() {
            guard rounds.count < RunLimits.roundCount else {
                throw RunError(.tooLarge, "metrics.csv has more than \(RunLimits.roundCount) rounds")
            }
            guard let text = String(validating: line, as: UTF8.self) else { throw malformed(index + 1, "not UTF-8") }
            rounds.append(try round(from: text, line: index + 1))
        }
        return rounds
    }

    private static func round(from text: String, line: Int) throws(RunError) -> RoundSummary {
        let cells = text.split(separator: ",", maxSplits: 16, omittingEmptySubsequences: false).map(String.init)
        guard cells.count == 17 else { throw malformed(line, "\(cells.count) cells instead of 17") }
        func whole<Value: FixedWidthInteger>(_ index: Int, _: Value.Type = Value.self) throws(RunError) -> Value {
            guard let value = Value(cells[index]), value >= 0 else { throw malformed(line, "cell \(index + 1)") }
            return value
        }
        func measured(_ index: Int) throws(RunError) -> Double? {
            if cells[index].isEmpty { return nil }
            guard let value = Double(cells[index]) else { throw malformed(line, "cell \(index + 1)") }
            return value
        }
        guard let outcome = RoundOutcome(rawValue: cells[1]) else { throw malformed(line, "cell 2") }
        let round = RoundSummary(
            round: try whole(0),
            outcome: outcome,
            invited: try whole(2),
            accepted: try whole(3),
            refused: try reasons(cells[16], line: line),
            droppedOut: try whole(5),
            validationLossBefore: try measured(6),
            validationLossAfter: try measured(7),
            testLoss: try measured(8),
            testAccuracy: try measured(9),
            uploadBytes: try whole(10),
            downloadBytes: try whole(11),
            seconds: try measured(12) ?? 0,
            virtualSeconds: try measured(13) ?? 0,
            paid: try whole(14),
            scoreGap: try measured(15)
        )
        guard try whole(4, Int.self) == round.refusedCount else { throw malformed(line, "refusals do not add up") }
        return round
    }

    private static func reasons(_ cell: String, line: Int) throws(RunError) -> [String: Int] {
        var reasons: [String: Int] = [:]
        for part in unquoted(cell).split(separator: ";") {
            guard let colon = part.lastIndex(of: ":"), let count = Int(part[part.index(after: colon)...]), count >= 0,
                reasons.updateValue(count, forKey: String(part[..<colon])) == nil,
                reasons.count <= RunLimits.reasonCount
            else { throw malformed(line, "cell 17") }
        }
        return reasons
    }

    /// RFC 4180 quoting where a comma or a quotation mark asks for it; line breaks, which would break lines, are
    /// dropped.
    private static func quoted(_ text: String) -> String {
        let oneLine = String(text.unicodeScalars.filter { $0.value >= 0x20 })
        guard oneLine.contains(where: { $0 == "," || $0 == "\"" }) else { return oneLine }
        return "\"" + oneLine.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    private static func unquoted(_ cell: String) -> String {
        guard cell.count >= 2, cell.hasPrefix("\""), cell.hasSuffix("\"") else { return cell }
        let inner = cell.dropFirst().dropLast()
        var text = ""
        var afterQuote = false
        for character in inner {
            if character == "\"", !afterQuote {
                afterQuote = true
                continue
            }
            afterQuote = false
            text.append(character)
        }
        return text
    }

    private static func malformed(_ line: Int, _ what: String) -> RunError {
        RunError(.malformed, "metrics.csv is not in order at line \(line): \(what)")
    }
}
