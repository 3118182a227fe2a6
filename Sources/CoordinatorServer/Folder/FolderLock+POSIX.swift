internal import Glibc

/// A folder that belongs to this process: no other one runs it or edits its files. The system lets go when the process
/// ends, however it ends.
package final class FolderLock: Sendable {
    private let descriptor: Int32

    init(path: String, folder: String) throws(CoordinatorServerError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw CoordinatorServerError(
                .fileSystem, "cannot open \(path): \(CoordinatorFolder.reason(errno))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw CoordinatorServerError(
                .locked, "another process runs the coordinator in \(folder)",
                hint: "stop it first (its number is in \(folder)/coordinator.pid), or name another folder with --home")
        }
        self.descriptor = descriptor
    }

    /// Lets go of the folder; more than once is the same as once.
    ///
    /// Closing would not be enough: a process that is being started at this moment still has a copy of the descriptor.
    func release() { flock(descriptor, LOCK_UN) }

    deinit {
        release()
        close(descriptor)
    }
}
