package import Attestation

extension BlobReading {
    /// The hash of every chunk, in order; `BlobDigest.digest(ofChunkHashes:)` makes the blob's digest of them.
    ///
    /// Complexity: one pass over the file, a chunk of it in memory.
    ///
    /// - Throws: as `read(into:at:)`.
    package func chunkHashes() throws(FederationError) -> [Digest] {
        let size = BlobDigest.chunkByteCount
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
        defer { buffer.deallocate() }
        var hashes: [Digest] = []
        for start in stride(from: 0, to: byteCount, by: size) {
            let chunk = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(size, byteCount - start)])
            try read(into: chunk, at: start)
            hashes.append(BlobDigest.chunkHash(of: UnsafeRawBufferPointer(chunk)))
        }
        return hashes
    }

    /// SHA-256 of a participant's key and the file's bytes, as `ParameterBlob.possession` gives it for values in
    /// memory.
    ///
    /// Complexity: one pass over the file, a chunk of it in memory.
    ///
    /// - Throws: as `read(into:at:)`.
    package func possession(by key: PublicKey) throws(FederationError) -> Digest {
        let size = BlobDigest.chunkByteCount
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
        defer { buffer.deallocate() }
        var hasher = SHA256.Hasher()
        key.withUnsafeBytes { hasher.update($0) }
        for start in stride(from: 0, to: byteCount, by: size) {
            let chunk = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(size, byteCount - start)])
            try read(into: chunk, at: start)
            hasher.update(UnsafeRawBufferPointer(chunk))
        }
        return hasher.finalize()
    }
}
