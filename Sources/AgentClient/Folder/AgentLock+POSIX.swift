internal import Glibc

/// Keeps a second agent out of a folder as long as this object lives; the system lets go of it when the process ends,
/// however it ends.
package final class AgentLock: Sendable {
    private let descriptor: CInt

    /// - Throws: `AgentError` with code `folderBusy` if another process has it.
    init(path: String) throws(AgentError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .file("open", path, errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            close(descriptor)
            guard number == EWOULDBLOCK else { throw .file("lock", path, number) }
            throw AgentError(
                .folderBusy, "another agent works in this folder (\(path))",
                hint: "stop it first, or give this one a folder of its own with --home")
        }
        self.descriptor = descriptor
    }

    deinit {
        // Closing would not be enough: a process that is being started at this moment has a copy of the descriptor.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
