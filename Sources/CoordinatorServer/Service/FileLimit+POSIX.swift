internal import Glibc

/// How many files and connections the system lets this process have open.
package enum FileLimit {
    /// Descriptors that are kept for the ledger, uploads and models where there are enough.
    private static let reserve = 512
    /// Fewer descriptors than this serve nobody in earnest.
    package static let fewest = 64

    /// Asks for as many as the system allows.
    ///
    /// - Returns: how many that is.
    static func raise() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        return Int(clamping: limit.rlim_cur)
    }

    /// Connections that may be open at one time; where descriptors are few, half of them stay for files.
    ///
    /// - Throws: `CoordinatorServerError` with code `limitExceeded` where there are too few to serve anybody.
    package static func connectionCount(descriptors: Int) throws(CoordinatorServerError) -> Int {
        guard descriptors >= fewest else {
            throw CoordinatorServerError(
                .limitExceeded,
                """
                the system lets this process have \(descriptors) files and connections open; it needs \(fewest) at least
                """,
                hint: "raise the limit: `ulimit -n 4096` in the shell that starts it, or LimitNOFILE=65536 in its unit")
        }
        return min(CoordinatorServerLimits.connectionCount, descriptors - min(reserve, descriptors / 2))
    }

    /// This process's number.
    static var processID: Int32 { getpid() }
}
