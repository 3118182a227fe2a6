package import Foundation

/// The folder of one run (`runs/<name>-<yyyyMMdd-HHmmss>/`): where each of its files is.
package struct RunFolder: Sendable, Equatable {
    /// The folder.
    package let url: URL

    package init(at url: URL) {
        self.url = url.standardizedFileURL
    }

    /// The folder's name, which is the run's name.
    package var name: String { url.lastPathComponent }
    /// The scenario as resolved.
    package var scenario: URL { file("scenario.yaml") }
    /// One line a round.
    package var metrics: URL { file("metrics.csv") }
    /// What happened, one JSON object a line.
    package var events: URL { file("events.jsonl") }
    /// The final model.
    package var model: URL { file("model.safetensors") }
    /// The ledger.
    package var ledger: URL { file("ledger.sqlite") }
    /// The ledger's last signed tree head.
    package var checkpoint: URL { file("checkpoint") }
    /// The figures of the whole run.
    package var summary: URL { file("summary.json") }
    /// The page for people.
    package var report: URL { file("report.html") }
    /// The signed list of all other files.
    package var manifest: URL { file("manifest") }
    /// Accepted updates, by round.
    package var updates: URL { file("updates") }
    /// Global models.
    package var models: URL { file("models") }

    /// The updates of one round: `updates/000001`.
    package func updates(ofRound round: Int) -> URL {
        updates.appendingPathComponent(Self.roundName(round))
    }

    /// A round's number in six digits (more where six do not hold it), so that names sort as numbers do.
    package static func roundName(_ round: Int) -> String {
        let digits = String(max(round, 0))
        return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }

    private func file(_ name: String) -> URL { url.appendingPathComponent(name) }

    /// Writes one of the folder's files in one step: a reader or a crash sees the old bytes or the new ones.
    package func write(_ bytes: [UInt8], to file: URL) throws(RunError) {
        try DurableFile.write(bytes, to: file.path)
    }

    /// Writes one of the folder's files as UTF-8 text in one step.
    package func write(_ text: String, to file: URL) throws(RunError) {
        try DurableFile.write(Array(text.utf8), to: file.path)
    }

    /// Writes `summary.json`.
    package func write(_ summary: RunSummary) throws(RunError) {
        try DurableFile.write(summary.json(), to: self.summary.path)
    }

    /// Reads `summary.json`.
    package func readSummary() throws(RunError) -> RunSummary {
        try RunSummary(json: DurableFile.read(summary.path, limit: RunLimits.summaryByteCount))
    }

    /// Reads one of the folder's files of at most `limit` bytes.
    package func read(_ file: URL, limit: Int) throws(RunError) -> [UInt8] {
        try DurableFile.read(file.path, limit: limit)
    }
}
