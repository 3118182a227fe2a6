import Foundation

extension Terminal {
    /// Columns of standard output, 60 to 120: those of the terminal, else what COLUMNS says, else 80.
    static var columns: Int {
        var size = winsize()
        let isTerminal = unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        let named = ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) }
        return min(120, max(60, isTerminal ? Int(size.ws_col) : named ?? 80))
    }
}
