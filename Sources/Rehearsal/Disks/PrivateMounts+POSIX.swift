import Glibc

/// Mounts that this process alone has, with the processes that it starts: what it mounts is gone when it ends, however
/// it ends.
package enum PrivateMounts {
    /// Ways to ask for them, the first that works being taken: root needs no user namespace, others may have one.
    private static let ways = [["--mount"], ["--user", "--map-root-user", "--mount"]]
    private static let tool = "/usr/bin/unshare"

    /// Runs this program again with mounts of its own and these arguments, in the place of this process.
    ///
    /// - Returns: only where that is not possible, with the reason.
    package static func runAgain(_ program: String, _ arguments: [String]) -> String {
        guard access(tool, X_OK) == 0 else { return "there is no \(tool)" }
        guard let way = ways.first(where: mayMount) else { return "this user may not mount file systems" }
        // Threads of a pool block most signals, and what is started inherits that.
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        let words = [tool] + way + ["--propagation", "private", program] + arguments
        var pointers = words.map { strdup($0) } + [nil]
        execv(tool, &pointers)
        return "\(tool) could not be started: \(String(cString: strerror(errno)))"
    }

    private static func mayMount(_ way: [String]) -> Bool {
        let words = [tool] + way + ["--propagation", "private", "mount", "-t", "tmpfs", "none", "/tmp"]
        var pointers = words.map { strdup($0) } + [nil]
        var environment = [strdup("PATH=/usr/sbin:/usr/bin:/sbin:/bin"), nil]
        defer { for pointer in pointers + environment { free(pointer) } }
        var child: pid_t = 0
        // Its complaint is not for people: why it fails is said in one line.
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        guard posix_spawn(&child, tool, &actions, nil, &pointers, &environment) == 0 else { return false }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 {
            guard errno == EINTR else { return false }
        }
        return status == 0
    }
}
