internal import Attestation
internal import Coordination
internal import Glibc

extension FolderVault {
    func modelPath(_ task: Digest, _ digest: Digest) -> String {
        "\(root)/\(task.hex)/models/\(digest.hex).safetensors"
    }

    func statePath(_ task: Digest, _ digest: Digest) -> String {
        "\(root)/\(task.hex)/models/\(digest.hex).state"
    }

    func updatePath(_ task: Digest, _ round: UInt32, _ digest: Digest) -> String {
        "\(root)/\(task.hex)/updates/\(Self.roundName(round))/\(digest.hex).safetensors"
    }

    /// The folder of a task's uploads.
    func uploadsPath(_ task: Digest) -> String { "\(root)/\(task.hex)/uploads" }

    /// The file of an upload that is under way.
    func partPath(_ name: UploadName) -> String { "\(uploadsPath(name.task))/\(Self.stem(name)).part" }

    /// Empty; it is there where an upload of that participant became an update.
    func sentPath(_ name: UploadName) -> String { "\(uploadsPath(name.task))/\(Self.stem(name)).sent" }

    private static func stem(_ name: UploadName) -> String {
        // A key in hexadecimal, as a digest is.
        let key = (try? Digest(bytes: name.participant.bytes))?.hex ?? ""
        return "\(roundName(name.round))-\(name.digest.hex)-\(key)"
    }

    /// The folder of what a task's coordinator keeps for itself.
    func privatePath(_ task: Digest) -> String { "\(root)/\(task.hex)/private" }

    /// A round's number in six digits, so that names sort as numbers do.
    static func roundName(_ round: UInt32) -> String {
        let digits = String(round)
        return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Makes an empty file, unless it is there.
    static func touch(_ path: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode_t(privateFileMode))
        if descriptor >= 0 { close(descriptor) }
    }

    /// Names in a folder, sorted; none if it is missing.
    static func names(in folder: String) throws(CoordinationError) -> [String] {
        guard let stream = opendir(folder) else {
            if errno == ENOENT { return [] }
            throw .system("list", folder, errno: errno)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// Bytes of the files in a folder, not below it.
    static func byteCount(of folder: String) throws(CoordinationError) -> UInt64 {
        var total: UInt64 = 0
        for name in try names(in: folder) {
            var status = stat()
            if stat("\(folder)/\(name)", &status) == 0 { total += UInt64(status.st_size) }
        }
        return total
    }

    /// Makes a folder and those above it, durably.
    ///
    /// - Parameter mode: the folder's permissions; those above it are made for the owner alone.
    static func makeFolder(_ path: String, mode: mode_t = privateFolderMode) throws(CoordinationError) {
        if mkdir(path, mode) == 0 {
            return try flushFolder(parent(path))
        }
        if errno == EEXIST { return }
        guard errno == ENOENT, path.contains("/") else { throw .system("make the folder", path, errno: errno) }
        try makeFolder(parent(path))
        guard mkdir(path, mode) == 0 || errno == EEXIST else { throw .system("make the folder", path, errno: errno) }
        try flushFolder(parent(path))
    }

    /// The permissions of a folder, and of a file, that are the coordinator's alone.
    static let privateFolderMode: mode_t = 0o700
    static let privateFileMode: UInt32 = 0o600

    /// Makes the names in a folder survive a loss of power.
    static func flushFolder(_ path: String) throws(CoordinationError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("make durable", path, errno: errno) }
        defer { close(descriptor) }
        // Some file systems refuse to flush a folder and need no flushing.
        if fsync(descriptor) != 0, errno != EINVAL, errno != EBADF { throw .system("make durable", path, errno: errno) }
    }

    private static func parent(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    /// Writes all the bytes at the end of an open file.
    ///
    /// - Returns: 0, or the system's number of what went wrong.
    static func append(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
        guard let base = bytes.baseAddress else { return 0 }
        var done = 0
        while done < bytes.count {
            let put = Glibc.write(descriptor, base + done, bytes.count - done)
            if put < 0, errno == EINTR { continue }
            if put <= 0 { return errno }
            done += put
        }
        return 0
    }
}
