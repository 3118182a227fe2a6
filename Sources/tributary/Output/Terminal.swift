import Foundation
import Ledger
import Runs
import Synchronization

/// What standard output is, and lines for it.
enum Terminal {
    /// Whether people read along, so that colours make sense (https://no-color.org).
    static var style: TableStyle {
        TableStyle.suited(
            isTerminal: isatty(STDOUT_FILENO) == 1, environment: ProcessInfo.processInfo.environment)
    }

    /// Prints a line now, or several, so that whoever watches sees it as it happens. What could move the cursor is
    /// escaped, wherever it came from.
    static func line(_ text: String = "") {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        write(lines.map { $0.shown() }.joined(separator: "\n") + "\n")
    }

    /// Prints our own text as it is: tables with colours, whose cells are escaped already, and files.
    static func raw(_ text: String) { write(text) }

    /// Why standard output could not be written, the first time; the process then ends with that.
    static var failure: CommandFailure? {
        firstFailure.withLock { $0 }.map {
            CommandFailure(
                code: "outputFailed", .io, "the output could not be written: \($0)",
                hint: "what was to be done is done; only the words are lost")
        }
    }

    private static let firstFailure = Mutex<String?>(nil)

    /// Writes to standard output at once.
    private static func write(_ text: String) {
        if let reason = put(text) { firstFailure.withLock { $0 = $0 ?? reason } }
    }

    /// A run folder's path as short as it can be written from here.
    static func path(of folder: RunFolder) -> String {
        let here = FileManager.default.currentDirectoryPath + "/"
        let path = folder.url.standardizedFileURL.path
        return path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path
    }
}
