package import Federation
import Foundation

/// A file's bytes, read where they are asked for: memory holds none of them.
///
/// Any number of threads may read at once. The size is read once, when the file is opened; a file that is cut off
/// afterwards gives errors.
package final class FileBlob: BlobReading {
    /// The path it was opened by.
    package let path: String
    package let byteCount: Int
    private let descriptor: Int32

    /// Opens a file for reading.
    ///
    /// - Throws: `RunError` with code `missing` if there is none, `fileSystem` if it cannot be opened or is no regular
    ///   file.
    package init(path: String) throws(RunError) {
        // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .fileSystem("open", path, errno: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let number = errno
            close(descriptor)
            throw .fileSystem("examine", path, errno: number)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw RunError(.fileSystem, "\(path) is not a regular file; name a file, not a folder or a device")
        }
        self.path = path
        self.descriptor = descriptor
        byteCount = Int(status.st_size)
    }

    deinit { close(descriptor) }

    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FederationError) {
        guard offset >= 0, offset <= byteCount, buffer.count <= byteCount - offset else {
            throw FederationError(
                .unusableUpdate, "\(buffer.count) bytes from \(offset) on, of the \(byteCount) of \(path)")
        }
        guard let base = buffer.baseAddress else { return }
        var done = 0
        while done < buffer.count {
            let got = pread(descriptor, base + done, buffer.count - done, off_t(offset + done))
            if got < 0, errno == EINTR { continue }
            guard got > 0 else {
                let reason = got == 0 ? "it was cut off" : String(cString: strerror(errno))
                throw FederationError(.unusableUpdate, "cannot read \(path): \(reason)")
            }
            done += got
        }
    }
}
