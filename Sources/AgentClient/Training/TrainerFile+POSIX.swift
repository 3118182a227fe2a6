internal import Glibc

/// A file that a trainer was to leave, read without trusting it.
struct TrainerFile {
    let path: String
    /// Most bytes that it may have.
    let limit: Int

    /// Its bytes, read and not mapped: a file that shrinks meanwhile is an error, not a crash.
    ///
    /// - Throws: `AgentError` with code `trainerOutputInvalid` if it is absent, too large, or no regular file; links
    ///   are not followed.
    func bytes() throws(AgentError) -> [UInt8] {
        // Without O_NONBLOCK, opening a pipe nobody writes to would wait for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw refusal(of: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw refusal(of: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw invalid("is no regular file") }
        let size = Int(status.st_size)
        guard size <= limit else { throw invalid("has \(size) bytes; at most \(limit) belong there") }
        var count = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
            while count < size {
                let more = read(descriptor, buffer.baseAddress! + count, size - count)
                if more < 0, errno == EINTR { continue }
                guard more > 0 else { break }
                count += more
            }
            initialized = count
        }
        guard count == size else { throw invalid("ended while it was read") }
        return bytes
    }

    private var name: Substring { path.split(separator: "/").last ?? path[...] }

    private func refusal(of code: Int32) -> AgentError {
        switch code {
        case ENOENT: invalid("is missing")
        case ELOOP: invalid("is a symbolic link")
        default: invalid("cannot be read: \(String(cString: strerror(code)))")
        }
    }

    private func invalid(_ message: String) -> AgentError {
        TrainerFiles.invalid("\(name) \(message)", hint: "the trainer has to write it as Protocols/trainer.md says")
    }
}
