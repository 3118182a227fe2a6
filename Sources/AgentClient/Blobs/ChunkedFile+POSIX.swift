internal import Attestation
internal import Glibc
internal import NIOCore

/// A blob's file, read and written by chunk from several tasks at once; closed with the object.
final class ChunkedFile: Sendable {
    let path: String
    private let descriptor: CInt

    /// Opens a file for reading, or for reading and writing: then it is made if it is not there.
    ///
    /// - Throws: `AgentError` with code `folderUnusable` or `diskFull`.
    init(path: String, writable: Bool) throws(AgentError) {
        self.path = path
        let flags = writable ? O_RDWR | O_CREAT : O_RDONLY
        descriptor = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .file("open", path, errno) }
    }

    deinit { close(descriptor) }

    /// Bytes of the file as it is.
    func byteCount() throws(AgentError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .file("examine", path, errno) }
        return Int(status.st_size)
    }

    /// Gives the file its size, and its room on the disk where the file system can promise that.
    func reserve(_ byteCount: Int) throws(AgentError) {
        guard ftruncate(descriptor, byteCount) == 0 else { throw .file("make room for", path, errno) }
        guard byteCount > 0 else { return }
        let number = posix_fallocate(descriptor, 0, byteCount)
        guard number == 0 || number == EOPNOTSUPP || number == EINVAL else {
            throw .file("make room for", path, number)
        }
    }

    /// The bytes of a range; fewer where the file ends before.
    func read(_ range: Range<Int>) throws(AgentError) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: range.count)
        var failure: CInt = 0
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: range.count) { target in
            var done = 0
            while done < range.count {
                let got = pread(descriptor, target.baseAddress! + done, range.count - done, range.lowerBound + done)
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = errno }
                if got <= 0 { break }
                done += got
            }
            return done
        }
        guard failure == 0 else { throw .file("read", path, failure) }
        return buffer
    }

    /// Writes bytes at a place.
    func write(_ buffer: ByteBuffer, at offset: Int) throws(AgentError) {
        let failure: CInt = buffer.withUnsafeReadableBytes { source in
            var done = 0
            while done < source.count {
                let put = pwrite(descriptor, source.baseAddress! + done, source.count - done, offset + done)
                if put < 0, errno == EINTR { continue }
                if put < 0 { return errno }
                done += put
            }
            return 0
        }
        guard failure == 0 else { throw .file("write", path, failure) }
    }

    /// Whether a chunk of the file has its hash.
    func holds(_ chunk: Int, of outline: BlobOutline) throws(AgentError) -> Bool {
        let range = outline.range(ofChunk: chunk)
        let bytes = try read(range)
        guard bytes.readableBytes == range.count else { return false }
        return bytes.withUnsafeReadableBytes { BlobDigest.chunkHash(of: $0) } == outline.chunkHashes[chunk]
    }
}
