internal import Glibc

extension TensorError {
    /// The failure of the system call just made, with the system's own words for it.
    ///
    /// - Parameters:
    ///   - action: what was tried, such as "cannot open".
    ///   - path: the file it was tried on.
    static func system(_ action: String, _ path: String) -> TensorError {
        let reason = String(cString: strerror(errno))
        return TensorError(.fileUnreadable, "\(action) \"\(path)\": \(reason)")
    }
}
