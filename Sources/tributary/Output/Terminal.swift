import Foundation
import Runs

/// What standard output is, and lines for it.
enum Terminal {
    /// Whether people read along, so that colours make sense (https://no-color.org).
    static var style: TableStyle {
        TableStyle.suited(
            isTerminal: isatty(STDOUT_FILENO) == 1, environment: ProcessInfo.processInfo.environment)
    }

    /// Prints a line now, so that whoever watches sees it as it happens.
    static func line(_ text: String = "") {
        try? FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
    }

    /// A run folder's path as short as it can be written from here.
    static func path(of folder: RunFolder) -> String {
        let here = FileManager.default.currentDirectoryPath + "/"
        let path = folder.url.standardizedFileURL.path
        return path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path
    }
}
