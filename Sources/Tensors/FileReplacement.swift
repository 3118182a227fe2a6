internal import Glibc

/// A file that appears under its name only when it is complete and on disk.
///
/// What is appended goes to a temporary file in the same folder; `commit` makes it durable and renames it. Dropped
/// without a commit, nothing is left behind and the file that had the name stays as it was.
package struct FileReplacement: ~Copyable {
    private let path: String
    private let temporaryPath: String
    // Owned by this value; closed in deinit.
    private let descriptor: Int32
    private var isCommitted = false

    /// Starts a temporary file beside `path`.
    ///
    /// - Throws: `TensorError` with code `fileUnreadable` and the system's reason where the folder cannot be written.
    package init(path: String) throws(TensorError) {
        let (folder, name) = Self.split(path)
        var template = Array("\(folder)/.\(name).XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw TensorError.system("cannot write beside", path) }
        self.path = path
        self.descriptor = descriptor
        temporaryPath = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    deinit {
        close(descriptor)
        if !isCommitted { unlink(temporaryPath) }
    }

    /// Appends bytes.
    ///
    /// - Throws: `TensorError` with code `fileUnreadable`, a full disk included.
    package mutating func append(_ bytes: RawSpan) throws(TensorError) {
        var position = 0
        while position < bytes.byteCount {
            let rest = bytes.extracting(droppingFirst: position)
            let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw TensorError.system("cannot write", path) }
            position += written
        }
    }

    /// Makes the file durable and gives it its name: fsync, rename, fsync of the folder.
    ///
    /// - Throws: `TensorError` with code `fileUnreadable`; then the file of that name is the old one or none.
    package consuming func commit() throws(TensorError) {
        guard fchmod(descriptor, 0o644) == 0 else { throw TensorError.system("cannot set the mode of", path) }
        guard fsync(descriptor) == 0 else { throw TensorError.system("cannot make durable", path) }
        guard rename(temporaryPath, path) == 0 else { throw TensorError.system("cannot replace", path) }
        isCommitted = true
        let folder = open(Self.split(path).folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw TensorError.system("cannot open the folder of", path) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw TensorError.system("cannot make durable the name of", path) }
    }

    private static func split(_ path: String) -> (folder: String, name: Substring) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path[...]) }
        return (slash == path.startIndex ? "/" : String(path[..<slash]), path[path.index(after: slash)...])
    }
}
