internal import CZlib

/// Decompresses DEFLATE data (RFC 1951) a piece at a time, so that the caller decides how much it may grow to.
package struct InflateStream: ~Copyable, ~Escapable {
    /// What surrounds the compressed data.
    package enum Wrapping {
        /// One gzip member (RFC 1952), its CRC checked.
        case gzip
        /// Nothing, as in a zip archive.
        case none
    }

    /// No DEFLATE stream grows by more than this factor (zlib's technical notes).
    package static let maximumRatio = 1_032

    private let input: RawSpan
    // Owned by this value; zlib keeps its address, so it may not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private var consumed = 0
    /// Whether the compressed data's own end has been reached.
    package private(set) var isAtEnd = false

    /// Starts at the first byte of `input`.
    ///
    /// - Throws: `TensorError` with code `corruptData` if zlib cannot be started.
    @_lifetime(copy input)
    package init(_ input: RawSpan, wrapping: Wrapping) throws(TensorError) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let windowBits: Int32 =
            switch wrapping {
            case .gzip: 16 + MAX_WBITS
            case .none: -MAX_WBITS
            }
        let status = inflateInit2_(stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            stream.deallocate()
            throw TensorError(.corruptData, "zlib cannot start (status \(status))")
        }
        self.input = input
        self.stream = stream
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Decompresses until `output` is full or the data ends.
    ///
    /// - Returns: the number of bytes written; fewer than `output` has only at the data's end.
    /// - Throws: `TensorError`: `corruptData` for damaged data, `truncated` where the input ends before the data does.
    package mutating func read(into output: inout MutableRawSpan) throws(TensorError) -> Int {
        var produced = 0
        while produced < output.byteCount, !isAtEnd {
            // zlib counts in 32 bits.
            let piece = input.extracting(droppingFirst: consumed).extracting(first: 1 << 30)
            let room = min(output.byteCount - produced, 1 << 30)
            let status = step(piece, &output, at: produced, room: room)
            let taken = piece.byteCount - Int(stream.pointee.avail_in)
            let made = room - Int(stream.pointee.avail_out)
            consumed += taken
            produced += made
            switch status {
            case Z_STREAM_END: isAtEnd = true
            case Z_OK where taken + made > 0: continue
            case Z_OK, Z_BUF_ERROR:
                throw TensorError(.truncated, "the compressed data ends too early", offset: consumed)
            default: throw TensorError(.corruptData, "the compressed data is damaged", offset: consumed)
            }
        }
        return produced
    }

    /// Decompresses all of `input`, which must hold exactly `byteCount` bytes and nothing more.
    ///
    /// - Throws: `TensorError` as `read` and `finish` do; `corruptData`, before any memory is taken, if so many bytes
    ///   cannot come out of that input.
    package static func contents(
        of input: RawSpan,
        wrapping: Wrapping,
        byteCount: Int
    ) throws(TensorError) -> [UInt8] {
        guard byteCount / maximumRatio <= input.byteCount else {
            throw TensorError(
                .corruptData,
                "\(input.byteCount) compressed bytes cannot hold the \(byteCount) promised"
            )
        }
        var stream = try InflateStream(input, wrapping: wrapping)
        var bytes = [UInt8](repeating: 0, count: byteCount)
        var span = bytes.mutableSpan
        var output = span.mutableBytes
        let produced = try stream.read(into: &output)
        guard produced == byteCount else {
            throw TensorError(.truncated, "\(produced) of \(byteCount) promised bytes came out")
        }
        try stream.finish()
        return bytes
    }

    /// Requires that the data ends here and that nothing follows it in the input.
    ///
    /// - Throws: `TensorError`: `truncated` where there is more or less than was asked for, `corruptData` where the
    ///   checksum at the end does not match.
    package mutating func finish() throws(TensorError) {
        var surplus = [UInt8](repeating: 0, count: 1)
        var probe = surplus.mutableSpan
        var bytes = probe.mutableBytes
        let excess = try read(into: &bytes)
        guard excess == 0 else { throw TensorError(.truncated, "the data is longer than it should be") }
        guard consumed == input.byteCount else {
            throw TensorError(.truncated, "bytes follow the end of the data", offset: consumed)
        }
    }

    /// One call of zlib's `inflate`.
    private func step(_ piece: RawSpan, _ output: inout MutableRawSpan, at start: Int, room: Int) -> Int32 {
        piece.withUnsafeBytes { source in
            output.withUnsafeMutableBytes { target in
                stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: source.baseAddress?.assumingMemoryBound(to: UInt8.self)
                )
                stream.pointee.avail_in = UInt32(source.count)
                stream.pointee.next_out = target.baseAddress?.advanced(by: start).assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_out = UInt32(room)
                return inflate(stream, Z_NO_FLUSH)
            }
        }
    }
}
