internal import Glibc

/// Keeps what an operator or a participant holds from the other users of the machine.
package enum PrivateFiles {
    /// Gives the files and folders that this process makes from now on to their owner alone. What it starts inherits
    /// that.
    package static func begin() { umask(0o077) }

    /// Takes the permissions of others from a file, or from a folder and all that is in it. Symbolic links are passed
    /// over, and so is what is not there.
    ///
    /// - Parameter isDeep: whether what is in a folder is changed as well.
    /// - Returns: what could not be done, in words; nil where all went well.
    package static func restrict(_ path: String, isDeep: Bool = true) -> String? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return errno == ENOENT ? nil : failure(path) }
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFREG || kind == S_IFDIR else { return nil }
        let mode = status.st_mode & 0o7777
        if mode & 0o077 != 0, chmod(path, mode & ~0o077) != 0, errno != ENOENT { return failure(path) }
        guard kind == S_IFDIR, isDeep else { return nil }
        guard let folder = opendir(path) else { return errno == ENOENT ? nil : failure(path) }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name != ".", name != ".." else { continue }
            if let failure = restrict("\(path)/\(name)") { return failure }
        }
        return nil
    }

    private static func failure(_ path: String) -> String {
        "other users cannot be kept out of \(path): \(String(cString: strerror(errno)))"
    }
}
