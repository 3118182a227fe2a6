/// The arrays of a `.npz` file: a zip archive with one `.npy` file a member, stored or deflated.
///
/// Only what NumPy writes is read: one disk, no encryption, sizes below 4 GiB. The central directory alone says what
/// there is; members may not overlap, and each must agree with its local header (PKWARE APPNOTE 6.3, §4.3).
package final class NPZArchive: Sendable {
    /// One member of the archive.
    struct Member: Sendable {
        let name: String
        let isDeflated: Bool
        let checksum: UInt32
        let compressedCount: Int
        let count: Int
        let localOffset: Int
    }

    private let storage: Storage
    private let members: [Member]

    private enum Storage: Sendable {
        case file(MappedFile)
        case bytes([UInt8])
    }

    /// The arrays' names, without `.npy`, in the archive's order.
    package var names: [String] { members.map { Self.arrayName($0.name) } }

    /// Maps an archive and checks its directory.
    ///
    /// - Throws: `TensorError`: `fileUnreadable`, `invalidHeader`, `truncated` or `unsupportedType`.
    package init(path: String) throws(TensorError) {
        let file = try MappedFile(path: path)
        members = try NPZDirectory.members(of: file.span)
        storage = .file(file)
    }

    /// Takes over the bytes of a whole archive.
    ///
    /// - Throws: `TensorError`: `invalidHeader`, `truncated` or `unsupportedType`.
    package init(bytes: [UInt8]) throws(TensorError) {
        members = try NPZDirectory.members(of: bytes.span.bytes)
        storage = .bytes(bytes)
    }

    /// One array, decompressed and its checksum compared; nil if the archive has none of that name.
    ///
    /// - Parameters:
    ///   - name: the array's name, without `.npy`.
    ///   - byteLimit: most bytes that it may take.
    /// - Throws: `TensorError`: `corruptData`, `truncated`, `invalidHeader`, and those of `NPYHeader`.
    package func array(
        named name: String,
        byteLimit: Int = TensorLimits.npzMemberByteCount
    ) throws(TensorError) -> NPYArray? {
        guard let member = members.first(where: { Self.arrayName($0.name) == name }) else { return nil }
        guard member.count <= byteLimit else {
            throw TensorError(
                .invalidHeader,
                "array \"\(name)\" takes \(member.count) bytes; the limit is \(byteLimit)"
            )
        }
        let bytes =
            switch storage {
            case .file(let file): try NPZDirectory.contents(of: member, in: file.span)
            case .bytes(let bytes): try NPZDirectory.contents(of: member, in: bytes.span.bytes)
            }
        return try NPYArray(bytes: bytes)
    }

    private static func arrayName(_ name: String) -> String {
        name.hasSuffix(".npy") ? String(name.dropLast(4)) : name
    }
}
