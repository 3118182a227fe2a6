import Glibc

/// How many files and sockets this process, and whatever it starts, may have open.
enum DescriptorLimit {
    /// Raises the limit to what the system allows.
    ///
    /// - Throws: `CommandFailureError` if that is fewer than `count`.
    static func raise(to count: UInt64) throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        guard limit.rlim_max >= count else {
            throw CommandFailureError(
                failure: CommandFailure(
                    code: "too_few_descriptors", .unavailable,
                    "\(count) open files are needed, and this process may have \(limit.rlim_max)",
                    hint: "raise the hard limit (ulimit -Hn \(count) as root), or measure fewer with --agents"))
        }
        guard limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
