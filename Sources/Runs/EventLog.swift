package import Foundation

/// `events.jsonl`: one JSON object a line, each written as soon as it happens.
package struct EventLog: Sendable {
    private let file: AppendedFile

    /// Opens the file at its end, creating it where it is missing.
    package init(_ url: URL) throws(RunError) {
        file = try AppendedFile(url.path)
    }

    /// Appends an event.
    package func append(_ event: RunEvent) throws(RunError) {
        try file.append(line: event.line)
    }

    /// Makes everything appended so far survive a power cut.
    package func flush() throws(RunError) { try file.flush() }
}
