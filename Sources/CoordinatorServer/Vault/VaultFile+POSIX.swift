internal import Attestation
internal import Coordination
package import Federation
internal import Glibc

/// A finished blob's file, open for reading by any number of threads.
package final class VaultFile: BlobReading {
    private let descriptor: Int32
    private let path: String
    package let byteCount: Int

    /// Opens a file.
    ///
    /// - Throws: `CoordinationError`: `notFound`, or `storageFailed`.
    init(_ path: String) throws(CoordinationError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .system("open", path, errno: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw CoordinationError(.storageFailed, "\(path) is not a regular file")
        }
        self.descriptor = descriptor
        self.path = path
        byteCount = Int(status.st_size)
    }

    deinit { close(descriptor) }

    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FederationError) {
        guard offset >= 0, buffer.count <= byteCount, offset <= byteCount - buffer.count else {
            throw FederationError(.unusableUpdate, "\(path) ends before byte \(offset) + \(buffer.count)")
        }
        var done = 0
        while done < buffer.count {
            let got = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
            if got < 0, errno == EINTR { continue }
            guard got > 0 else {
                let reason = got < 0 ? String(cString: strerror(errno)) : "it was cut"
                throw FederationError(.unusableUpdate, "\(path) cannot be read: \(reason)")
            }
            done += got
        }
    }

    /// The hash of every chunk, in order. Complexity: one pass over the file, a chunk in memory.
    func chunkHashes() throws(FederationError) -> [Digest] {
        let size = BlobDigest.chunkByteCount
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
        defer { buffer.deallocate() }
        var hashes: [Digest] = []
        for start in stride(from: 0, to: byteCount, by: size) {
            let chunk = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(size, byteCount - start)])
            try read(into: chunk, at: start)
            hashes.append(MerkleHash.leaf(UnsafeRawBufferPointer(chunk)))
        }
        return hashes
    }
}
