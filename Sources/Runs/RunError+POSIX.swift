import Foundation

extension RunError {
    /// The error for a failed system call: what was tried, on which path, and what the number means.
    static func fileSystem(_ action: String, _ path: String, errno number: Int32) -> RunError {
        switch number {
        case ENOSPC, EDQUOT:
            return RunError(.diskFull, "cannot \(action) \(path): the disk is full; free some space and run again")
        case EROFS, EACCES, EPERM:
            return RunError(
                .readOnly,
                "cannot \(action) \(path): not permitted; check its owner and mode, or choose another folder"
            )
        case ENOENT:
            return RunError(.missing, "cannot \(action) \(path): it does not exist")
        case ENOTDIR:
            return RunError(.notARunFolder, "cannot \(action) \(path): a part of the path is a file, not a folder")
        default:
            return RunError(.fileSystem, "cannot \(action) \(path): \(String(cString: strerror(number)))")
        }
    }
}
