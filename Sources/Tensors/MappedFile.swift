internal import Glibc

/// The bytes of a regular file, mapped for reading.
///
/// The size is read once, when the file is opened; a file that another program shortens while it is mapped is outside
/// what the kernel lets a reader survive, so map only files that are complete (ours appear by rename).
package final class MappedFile: @unchecked Sendable {
    // Mapped read-only in init, unmapped in deinit, never written: safe to share between threads.
    private let bytes: UnsafeRawBufferPointer
    /// The path it was opened by.
    package let path: String
    /// Number of bytes.
    package let count: Int

    /// Opens and maps a file; an empty file is fine.
    ///
    /// - Throws: `TensorError` with code `fileUnreadable` for what cannot be opened or is no regular file (folders,
    ///   pipes, devices).
    package init(path: String) throws(TensorError) {
        // Without O_NONBLOCK, opening a pipe nobody writes to would wait for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw TensorError.system("cannot open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw TensorError.system("cannot examine", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw TensorError(
                .fileUnreadable,
                "\"\(path)\" is not a regular file; name a file, not a folder or a device"
            )
        }
        self.path = path
        count = Int(status.st_size)
        guard count > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
            throw TensorError.system("cannot map", path)
        }
        bytes = UnsafeRawBufferPointer(start: start, count: count)
    }

    deinit {
        if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), count) }
    }

    /// The file's bytes, lent for reading.
    package var span: RawSpan {
        @_lifetime(borrow self)
        get {
            let view = unsafe RawSpan(_unsafeBytes: bytes)
            return unsafe _overrideLifetime(view, borrowing: self)
        }
    }

    /// Lends the file's bytes for reading as a pointer.
    package func withUnsafeBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(bytes)
    }
}
