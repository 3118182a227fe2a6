internal import Tensors

/// A file's bytes from the first to the last, decompressed on the way where the file is gzipped.
struct ByteStream: ~Copyable, ~Escapable {
    private let file: RawSpan
    private let name: String
    private var position = 0
    private var inflate: InflateStream?

    /// Starts at the first byte; gzip is recognised by its two magic bytes.
    ///
    /// - Throws: `DatasetError` with code `corruptData` if decompression cannot start.
    @_lifetime(copy file)
    init(_ file: RawSpan, name: String) throws(DatasetError) {
        let magic: [UInt8] = [0x1F, 0x8B]
        let isCompressed = file.byteCount >= 2 && file.extracting(first: 2).withUnsafeBytes { $0.elementsEqual(magic) }
        do {
            inflate = isCompressed ? try InflateStream(file, wrapping: .gzip) : nil
        } catch {
            throw DatasetError(error, file: name)
        }
        self.file = file
        self.name = name
    }

    /// Most bytes that this file can turn out to hold.
    var greatestCount: Int {
        inflate == nil ? file.byteCount : file.byteCount.multipliedReportingOverflow(by: InflateStream.maximumRatio).0
    }

    /// Fills `output`.
    ///
    /// - Throws: `DatasetError`: `truncated` where the file ends before, `corruptData` for damaged compression.
    mutating func read(into output: inout MutableRawSpan) throws(DatasetError) {
        let wanted = output.byteCount
        var produced = 0
        if inflate != nil {
            do {
                produced = try inflate?.read(into: &output) ?? 0
            } catch {
                throw DatasetError(error, file: name)
            }
        } else {
            produced = min(wanted, file.byteCount - position)
            let source = file.extracting(position..<position + produced)
            output.withUnsafeMutableBytes { target in
                source.withUnsafeBytes { target.copyMemory(from: $0) }
            }
        }
        position += produced
        guard produced == wanted else {
            throw DatasetError(
                .truncated,
                "the file ends after \(position) bytes, in the middle of what its header promises",
                advice: "fetch it again",
                file: name,
                at: .byte(position)
            )
        }
    }

    /// Requires that nothing follows.
    ///
    /// - Throws: `DatasetError`: `truncated` where bytes follow, `corruptData` where a checksum does not match.
    mutating func finish() throws(DatasetError) {
        if inflate != nil {
            do {
                try inflate?.finish()
            } catch {
                throw DatasetError(error, file: name)
            }
        } else if position != file.byteCount {
            throw DatasetError(
                .truncated,
                "\(file.byteCount - position) bytes follow the end of the data",
                advice: "fetch the file again",
                file: name,
                at: .byte(position)
            )
        }
    }
}
