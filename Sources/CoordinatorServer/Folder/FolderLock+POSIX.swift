internal import Glibc

/// A file that this process has locked, and with it what the file stands for: a coordinator's folder, or the right to
/// sign with a key. The system lets go when the process ends, however it ends.
package final class FolderLock: Sendable {
    private let path: String
    private let descriptor: Int32

    /// Takes the lock of a folder that runs a coordinator.
    convenience init(path: String, folder: String) throws(CoordinatorServerError) {
        try self.init(
            path: path,
            held: CoordinatorServerError(
                .locked, "another process runs the coordinator in \(folder)",
                hint: """
                    stop it first (its number is in \(folder)/coordinator.pid), or name another folder with --home
                    """))
    }

    /// - Throws: `held` where another process has it, `fileSystem` where the file cannot be made.
    init(path: String, held: CoordinatorServerError) throws(CoordinatorServerError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw CoordinatorServerError(
                .fileSystem, "cannot open \(path): \(CoordinatorFolder.reason(errno))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw held
        }
        self.path = path
        self.descriptor = descriptor
    }

    /// Whether the locked file is still the one at its path. Where it was removed, another process may hold a lock of
    /// the same name.
    var isInPlace: Bool {
        var own = stat()
        var named = stat()
        return fstat(descriptor, &own) == 0 && stat(path, &named) == 0 && own.st_ino == named.st_ino
            && own.st_dev == named.st_dev
    }

    /// Lets go; more than once is the same as once.
    ///
    /// Closing would not be enough: a process that is being started at this moment still has a copy of the descriptor.
    func release() { flock(descriptor, LOCK_UN) }

    deinit {
        release()
        close(descriptor)
    }
}
