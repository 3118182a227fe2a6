internal import Coordination
internal import Glibc

extension CoordinationError {
    /// The failure of a system call: what was tried, on which path.
    static func system(_ action: String, _ path: String, errno number: Int32) -> CoordinationError {
        if number == ENOSPC || number == EDQUOT {
            return CoordinationError(
                .diskFull, "cannot \(action) \(path): the disk is full", hint: "make room at the coordinator")
        }
        // Clients read this one: a file is called by its digest, and where it would be is nobody's business.
        if number == ENOENT {
            return CoordinationError(.notFound, "there is no \(path.split(separator: "/").last ?? "file")")
        }
        return CoordinationError(
            .storageFailed, "cannot \(action) \(path): \(String(cString: strerror(number)))")
    }
}
