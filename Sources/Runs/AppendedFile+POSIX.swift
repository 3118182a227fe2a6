import Foundation

/// A file that only grows, one whole line a system call: what was appended before a crash of the process stays.
///
/// Safe to share: the descriptor never changes, and the kernel appends each call's bytes as one run.
final class AppendedFile: Sendable {
    private let descriptor: Int32
    /// Where the file is.
    let path: String

    /// Opens the file at its end, creating it where it is missing.
    init(_ path: String) throws(RunError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        self.path = path
        guard descriptor >= 0 else { throw .fileSystem("append to", path, errno: errno) }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Bytes in the file now.
    func byteCount() throws(RunError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .fileSystem("read", path, errno: errno) }
        return Int(status.st_size)
    }

    /// Appends a line, its line feed added here.
    func append(line: String) throws(RunError) {
        let bytes = Array((line + "\n").utf8)
        try DurableFile.append(bytes.span.bytes, to: descriptor, path: path)
    }

    /// Makes everything appended so far survive a power cut.
    func flush() throws(RunError) {
        if fsync(descriptor) != 0, errno != EINVAL { throw .fileSystem("flush", path, errno: errno) }
    }
}
