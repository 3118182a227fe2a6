package import Foundation
import Glibc

/// A file system of a few megabytes in memory, mounted on a folder, that can be filled to the last byte and emptied.
///
/// To be mounted where nobody else sees it: in a process with mounts of its own, which take it along when it ends.
package struct SmallDisk: Sendable {
    package let folder: URL
    private var ballast: String { folder.appendingPathComponent("ballast").path }

    /// Makes the folder and mounts on it.
    ///
    /// - Throws: `RehearsalError` with code `unsuitable` where this process may not mount.
    package init(mountedOn folder: URL, byteCount: Int) throws(RehearsalError) {
        self.folder = folder
        do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
            throw RehearsalError(.processFailed, "\(folder.path) cannot be made: \(error)")
        }
        guard mount("tmpfs", folder.path, "tmpfs", UInt(MS_NOSUID | MS_NODEV), "size=\(byteCount),mode=0755") == 0
        else {
            throw RehearsalError(
                .unsuitable, "no disk can be mounted on \(folder.path): \(String(cString: strerror(errno)))",
                hint: "run it as root, or without --disks")
        }
    }

    /// Takes all room that is left; to be called again while others make room.
    package func fill() throws(RehearsalError) {
        let descriptor = open(ballast, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        // Not even the name may fit.
        guard descriptor >= 0 || errno == ENOSPC else { throw failure("fill") }
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let page = [UInt8](repeating: 0xBA, count: 1 << 16)
        for byteCount in [1 << 16, 1 << 12] {
            while write(descriptor, page, byteCount) > 0 || errno == EINTR {}
            guard errno == ENOSPC else { throw failure("fill") }
        }
    }

    /// Gives the room back.
    package func empty() throws(RehearsalError) {
        guard unlink(ballast) == 0 || errno == ENOENT else { throw failure("empty") }
    }

    /// Bytes that are free.
    package var freeByteCount: Int {
        var status = statvfs()
        guard statvfs(folder.path, &status) == 0 else { return 0 }
        return Int(status.f_bavail) * Int(status.f_frsize)
    }

    /// Puts what is on it into the folder itself, and takes the disk away.
    package func keep() throws(RehearsalError) {
        try empty()
        let copy = folder.deletingLastPathComponent().appendingPathComponent(folder.lastPathComponent + ".kept")
        do {
            try FileManager.default.copyItem(at: folder, to: copy)
            guard umount2(folder.path, Int32(MNT_DETACH)) == 0 else { throw failure("unmount") }
            try FileManager.default.removeItem(at: folder)
            try FileManager.default.moveItem(at: copy, to: folder)
        } catch let error as RehearsalError {
            throw error
        } catch {
            throw RehearsalError(.processFailed, "what is on the disk \(folder.path) cannot be kept: \(error)")
        }
    }

    private func failure(_ action: String) -> RehearsalError {
        RehearsalError(
            .processFailed, "cannot \(action) the disk \(folder.path): \(String(cString: strerror(errno)))")
    }
}
