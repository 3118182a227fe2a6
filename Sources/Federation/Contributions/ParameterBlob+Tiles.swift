internal import Attestation
internal import Tensors

extension ParameterBlob {
    /// The runs of values that lie in each chunk of the file; the first chunks may hold nothing but the header.
    ///
    /// The header has a multiple of 64 bytes, so no value straddles two chunks.
    var tiles: [Range<Int>] {
        precondition(header.count % MemoryLayout<Float>.stride == 0, "a header of \(header.count) bytes")
        return (0..<BlobDigest.chunkCount(ofByteCount: byteCount)).map { chunk in
            let lower = value(atOrAfter: chunk * BlobDigest.chunkByteCount)
            return lower..<value(atOrAfter: (chunk + 1) * BlobDigest.chunkByteCount)
        }
    }

    /// Index of the first value whose bytes start at or after an offset in the file.
    private func value(atOrAfter offset: Int) -> Int {
        min(layout.count, max(0, offset - header.count) / MemoryLayout<Float>.stride)
    }

    /// Where a value's bytes start in the file.
    func offset(ofValue index: Int) -> Int { header.count + index * MemoryLayout<Float>.stride }

    /// The part of the header that lies in a chunk of the file.
    func header(inChunk chunk: Int) -> ArraySlice<UInt8> {
        let lower = min(header.count, chunk * BlobDigest.chunkByteCount)
        return header[lower..<min(header.count, lower + BlobDigest.chunkByteCount)]
    }

    /// Fills a buffer with values from a place on.
    func read(
        _ values: UnsafeMutableBufferPointer<Float>, from index: Int, of file: any BlobReading
    ) throws(FederationError) {
        try file.read(into: UnsafeMutableRawBufferPointer(values), at: offset(ofValue: index))
    }
}
