import Foundation

extension Terminal {
    /// Writes all of a text to standard output.
    ///
    /// - Returns: why it could not, in words; nil where it could.
    static func put(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                unsafe Foundation.write(STDOUT_FILENO, buffer.baseAddress! + done, bytes.count - done)
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                var waiting = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
                if poll(&waiting, 1, -1) >= 0 || errno == EINTR { continue }
            }
            // A reader that has enough, such as `head`, loses nothing that it wanted.
            if count < 0, errno == EPIPE { return nil }
            guard count > 0 else { return String(cString: strerror(errno)) }
            done += count
        }
        return nil
    }

    /// Columns of standard output, 60 to 120: those of the terminal, else what COLUMNS says, else 80.
    static var columns: Int {
        var size = winsize()
        let isTerminal = unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        let named = ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) }
        return min(120, max(60, isTerminal ? Int(size.ws_col) : named ?? 80))
    }
}
