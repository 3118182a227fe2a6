internal import Glibc

/// Single files of the agent's folder, written so that a crash at any point leaves the old file or the new one.
enum AgentFile {
    /// How the names of files end that are being written; what a crash leaves of them means nothing.
    static let partialSuffix = ".part"

    /// Replaces or makes a file: written beside it, flushed, renamed, the folder flushed.
    ///
    /// Nothing is cleaned up on failure: the next `AgentFolder.open` sweeps up, as it must after a crash.
    ///
    /// - Parameters:
    ///   - isDurable: whether it must survive a power cut at once; without that it is never half there to a reader,
    ///     but after a power cut it may be empty.
    ///   - steps: told of every step before it is made.
    static func replace(
        _ path: String, with bytes: [UInt8], isDurable: Bool = true, steps: FolderSteps
    ) throws(AgentError) {
        let partial = path + partialSuffix
        try bytes.span.bytes.withUnsafeBytes { (bytes) throws(AgentError) in
            try write([bytes], to: partial, isDurable: isDurable, steps: steps)
        }
        try steps.before("rename \(path)")
        try move(partial, to: path)
        if isDurable { try flushFolder(of: path, steps: steps) }
    }

    /// Writes pieces one after the other to a file that only the owner may read, under a name that nobody reads yet.
    static func write(
        _ parts: [UnsafeRawBufferPointer], to path: String, isDurable: Bool, steps: FolderSteps
    ) throws(AgentError) {
        try steps.before("create \(path)")
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .file("write", path, errno) }
        defer { close(descriptor) }
        for part in parts {
            try steps.before("write \(path)")
            var done = 0
            while done < part.count {
                let put = Glibc.write(descriptor, part.baseAddress! + done, part.count - done)
                if put < 0, errno == EINTR { continue }
                guard put > 0 else { throw .file("write", path, errno) }
                done += put
            }
        }
        guard isDurable else { return }
        try steps.before("flush \(path)")
        guard fsync(descriptor) == 0 else { throw .file("flush", path, errno) }
    }

    /// Makes a file's bytes survive a power cut.
    static func flush(_ path: String, steps: FolderSteps) throws(AgentError) {
        try steps.before("flush \(path)")
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw .file("open", path, errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .file("flush", path, errno) }
    }

    /// Gives a file another name, in place of whatever has it.
    static func move(_ path: String, to target: String) throws(AgentError) {
        guard rename(path, target) == 0 else { throw .file("rename into place", target, errno) }
    }

    /// Makes the names in a file's folder survive a power cut.
    static func flushFolder(of path: String, steps: FolderSteps) throws(AgentError) {
        try steps.before("flush the folder of \(path)")
        let folder = Self.folder(of: path)
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file("flush", folder, errno) }
        defer { close(descriptor) }
        // Some file systems refuse to flush a folder and need no flushing.
        if fsync(descriptor) != 0, errno != EINVAL, errno != EBADF { throw .file("flush", folder, errno) }
    }

    /// The folder that a file is in.
    static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { path[..<$0].isEmpty ? "/" : String(path[..<$0]) } ?? "."
    }

    /// The bytes of a regular file; nil where there is none.
    static func read(_ path: String, limit: Int) throws(AgentError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        if descriptor < 0, errno == ENOENT || errno == ENOTDIR { return nil }
        guard descriptor >= 0 else { throw .file("read", path, errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .file("examine", path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= limit else {
            throw AgentError(.folderDamaged, "\(path) is not a file of at most \(limit) bytes")
        }
        let size = Int(status.st_size)
        var failure: CInt = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let got = Glibc.read(descriptor, buffer.baseAddress! + count, size - count)
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = errno }
                if got <= 0 { return }
                count += got
            }
        }
        guard failure == 0 else { throw .file("read", path, failure) }
        return bytes
    }

    /// Makes a folder that only the owner may enter, with those above it; it is fine if it is there.
    static func makeFolder(_ path: String) throws(AgentError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw .file("make the folder", path, errno)
        }
        try makeFolder(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .file("make the folder", path, errno) }
    }

    /// The names in a folder, sorted; none where there is no folder.
    static func names(in path: String) throws(AgentError) -> [String] {
        guard let folder = opendir(path) else {
            if errno == ENOENT { return [] }
            throw .file("read", path, errno)
        }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes a file, or a folder with all that is in it; it is fine if it is not there.
    static func remove(_ path: String) throws(AgentError) {
        if unlink(path) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else { throw .file("remove", path, errno) }
        for name in try names(in: path) { try remove("\(path)/\(name)") }
        guard rmdir(path) == 0 || errno == ENOENT else { throw .file("remove", path, errno) }
    }

    /// When a file was last changed, in nanoseconds; 0 where it is not there.
    static func changed(_ path: String) -> Int64 {
        var status = stat()
        guard stat(path, &status) == 0 else { return 0 }
        return Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    }

    /// Notes that a file was used now.
    static func touch(_ path: String) {
        _ = utimensat(AT_FDCWD, path, nil, 0)
    }
}

extension AgentError {
    /// A system call's failure with a file.
    static func file(_ action: String, _ path: String, _ number: CInt) -> AgentError {
        let reason = String(cString: strerror(number))
        switch number {
        case ENOSPC, EDQUOT:
            return AgentError(
                .diskFull, "cannot \(action) \(path): \(reason)",
                hint: """
                    make room on that disk (df -h \(AgentFile.folder(of: path))) and start the agent again; nothing is \
                    lost
                    """)
        case EACCES, EPERM, EROFS:
            return AgentError(
                .folderUnusable, "cannot \(action) \(path): \(reason)",
                hint: "let this user write there, or choose another folder with --home")
        default: return AgentError(.folderUnusable, "cannot \(action) \(path): \(reason)", hint: "check the path")
        }
    }
}
