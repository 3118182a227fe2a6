import Foundation

/// Whole files written so that a reader, or a crash, sees the old bytes or the new ones and nothing between.
package enum DurableFile {
    /// Replaces or creates a file: a temporary file beside it, `fsync`, `rename`, `fsync` of the folder.
    ///
    /// With `flushed` false the two flushes are left out: still never half a file to a reader, but after a power cut
    /// the newest files may be empty.
    ///
    /// - Parameter mode: permissions of a new file; 0o600 for a secret.
    package static func write(
        _ bytes: [UInt8], to path: String, mode: UInt32 = 0o644, flushed: Bool = true
    ) throws(RunError) {
        try write(header: bytes.span.bytes, values: [UInt8]().span.bytes, to: path, mode: mode, flushed: flushed)
    }

    /// As `write(_:to:flushed:)`, of two runs of bytes one after the other.
    static func write(
        header: RawSpan,
        values: RawSpan,
        to path: String,
        mode: UInt32 = 0o644,
        flushed: Bool
    ) throws(RunError) {
        let temporary = path + temporarySuffix
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw .fileSystem("write", path, errno: errno) }
        var failure: RunError?
        do throws(RunError) {
            try append(header, to: descriptor, path: path)
            try append(values, to: descriptor, path: path)
            if flushed, fsync(descriptor) != 0 { throw .fileSystem("flush", path, errno: errno) }
        } catch {
            failure = error
        }
        if close(descriptor) != 0, failure == nil { failure = .fileSystem("close", path, errno: errno) }
        if failure == nil, rename(temporary, path) != 0 {
            failure = .fileSystem("rename into place", path, errno: errno)
        }
        if let failure {
            unlink(temporary)
            throw failure
        }
        if flushed { try flushFolder(of: path) }
    }

    /// What a file being written ends in; such a file left behind by a crash holds nothing anybody was promised.
    static let temporarySuffix = ".part"

    /// The bytes of a regular file of at most `limit` bytes; the size is looked up before anything is allocated.
    package static func read(_ path: String, limit: Int) throws(RunError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .fileSystem("read", path, errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .fileSystem("read", path, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw RunError(.malformed, "\(path) is not a regular file") }
        guard status.st_size <= limit else {
            throw RunError(.tooLarge, "\(path) has \(status.st_size) bytes; at most \(limit) are read")
        }
        let size = Int(status.st_size)
        var number: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let got = unsafe Foundation.read(descriptor, buffer.baseAddress! + count, size - count)
                if got < 0, errno == EINTR { continue }
                if got < 0 { number = errno }
                if got <= 0 { return }
                count += got
            }
        }
        if number != 0 { throw .fileSystem("read", path, errno: number) }
        return bytes
    }

    /// Writes all the bytes at the end of an open file, going on after interruptions and short writes.
    static func append(_ bytes: RawSpan, to descriptor: Int32, path: String) throws(RunError) {
        let number: Int32 = bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            var done = 0
            while done < buffer.count {
                let put = unsafe Foundation.write(descriptor, base + done, buffer.count - done)
                if put < 0, errno == EINTR { continue }
                if put < 0 { return errno }
                done += put
            }
            return 0
        }
        if number != 0 { throw .fileSystem("write", path, errno: number) }
    }

    /// Makes a rename in the file's folder survive a power cut.
    private static func flushFolder(of path: String) throws(RunError) {
        let folder = path.lastIndex(of: "/").map { path[..<$0].isEmpty ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .fileSystem("flush", folder, errno: errno) }
        defer { close(descriptor) }
        // Some file systems refuse to flush a folder and need no flushing.
        if fsync(descriptor) != 0, errno != EINVAL, errno != EBADF { throw .fileSystem("flush", folder, errno: errno) }
    }
}
