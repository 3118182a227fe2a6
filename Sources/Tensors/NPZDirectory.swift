/// Reads the directory and the members of a zip archive.
enum NPZDirectory {
    private static let endSignature = 0x0605_4B50
    private static let endByteCount = 22
    private static let entrySignature = 0x0201_4B50
    private static let entryByteCount = 46
    private static let localSignature = 0x0403_4B50
    private static let localByteCount = 30
    /// Flags that change nothing here: compression effort (1, 2), sizes after the data (3), UTF-8 names (11).
    private static let harmlessFlags = 0x080E

    /// The members that the central directory lists, in its order.
    ///
    /// - Throws: `TensorError`: `invalidHeader`, `truncated` or `unsupportedType`.
    static func members(of archive: RawSpan) throws(TensorError) -> [NPZArchive.Member] {
        let end = try endRecord(of: archive)
        let count = integer(archive, end + 10, 2)
        let size = integer(archive, end + 12, 4)
        let start = integer(archive, end + 16, 4)
        guard integer(archive, end + 4, 4) == 0, integer(archive, end + 8, 2) == count else {
            throw TensorError(.unsupportedType, "an archive of several disks", offset: end)
        }
        guard count <= TensorLimits.npzMemberCount, start + size == end else {
            throw TensorError(
                .invalidHeader,
                "a directory of \(count) members at \(start)..<\(start + size), which should end at \(end)",
                offset: end
            )
        }
        var members: [NPZArchive.Member] = []
        var names = Set<String>()
        var position = start
        for _ in 0..<count {
            let (member, next) = try entry(at: position, before: end, of: archive)
            guard names.insert(member.name).inserted else {
                throw TensorError(.invalidHeader, "member \"\(member.name)\" appears twice", offset: position)
            }
            members.append(member)
            position = next
        }
        guard position == end else {
            throw TensorError(.invalidHeader, "bytes between the directory and its end", offset: position)
        }
        try checkPlaces(members, before: start)
        return members
    }

    /// A member's contents, its checksum compared.
    ///
    /// - Throws: `TensorError`: `invalidHeader`, `truncated` or `corruptData`.
    static func contents(of member: NPZArchive.Member, in archive: RawSpan) throws(TensorError) -> [UInt8] {
        let local = member.localOffset
        guard local + localByteCount <= archive.byteCount, integer(archive, local, 4) == localSignature else {
            throw TensorError(.invalidHeader, "no local header of member \"\(member.name)\"", offset: local)
        }
        let nameCount = integer(archive, local + 26, 2)
        let start = local + localByteCount + nameCount + integer(archive, local + 28, 2)
        guard start + member.compressedCount <= archive.byteCount else {
            throw TensorError(.truncated, "member \"\(member.name)\" goes on after the archive's end", offset: local)
        }
        let name = text(archive, local + localByteCount, nameCount)
        guard name == member.name, integer(archive, local + 8, 2) == (member.isDeflated ? 8 : 0) else {
            throw TensorError(
                .invalidHeader,
                "the local header of member \"\(member.name)\" contradicts the directory",
                offset: local
            )
        }
        let stored = archive.extracting(start..<start + member.compressedCount)
        let bytes =
            member.isDeflated
            ? try InflateStream.contents(of: stored, wrapping: .none, byteCount: member.count)
            : stored.withUnsafeBytes { Array($0) }
        guard bytes.count == member.count, Checksum.crc32(bytes) == member.checksum else {
            throw TensorError(
                .corruptData,
                "member \"\(member.name)\" does not have its checksum or its size",
                offset: start
            )
        }
        return bytes
    }

    /// Where the end-of-directory record starts: the last one whose comment reaches exactly to the archive's end.
    private static func endRecord(of archive: RawSpan) throws(TensorError) -> Int {
        var position = archive.byteCount - endByteCount
        let lowest = max(0, position - 0xFFFF)
        while position >= lowest {
            if integer(archive, position, 4) == endSignature,
                integer(archive, position + 20, 2) == archive.byteCount - position - endByteCount
            {
                return position
            }
            position -= 1
        }
        throw TensorError(.invalidHeader, "the archive has no directory; it is no .npz file or an incomplete one")
    }

    private static func entry(
        at position: Int,
        before end: Int,
        of archive: RawSpan
    ) throws(TensorError) -> (NPZArchive.Member, next: Int) {
        guard position + entryByteCount <= end, integer(archive, position, 4) == entrySignature else {
            throw TensorError(.invalidHeader, "the archive's directory is damaged", offset: position)
        }
        let flags = integer(archive, position + 8, 2)
        let method = integer(archive, position + 10, 2)
        let compressedCount = integer(archive, position + 20, 4)
        let count = integer(archive, position + 24, 4)
        let nameCount = integer(archive, position + 28, 2)
        let next =
            position + entryByteCount + nameCount + integer(archive, position + 30, 2)
            + integer(archive, position + 32, 2)
        guard next <= end, let name = text(archive, position + entryByteCount, nameCount), !name.isEmpty else {
            throw TensorError(.invalidHeader, "the archive's directory is damaged", offset: position)
        }
        guard flags & ~harmlessFlags == 0, method == 0 || method == 8, compressedCount < 0xFFFF_FFFF,
            count < 0xFFFF_FFFF
        else {
            throw TensorError(
                .unsupportedType,
                "member \"\(name)\" is encrypted, compressed by method \(method), or of 4 GiB or more",
                offset: position
            )
        }
        guard method == 8 || compressedCount == count else {
            throw TensorError(.invalidHeader, "stored member \"\(name)\" has two different sizes", offset: position)
        }
        let member = NPZArchive.Member(
            name: name,
            isDeflated: method == 8,
            checksum: UInt32(integer(archive, position + 16, 4)),
            compressedCount: compressedCount,
            count: count,
            localOffset: integer(archive, position + 42, 4)
        )
        return (member, next)
    }

    /// Overlapping members make a small archive expand without bound: each must end before the next one starts.
    private static func checkPlaces(_ members: [NPZArchive.Member], before directory: Int) throws(TensorError) {
        let sorted = members.sorted { $0.localOffset < $1.localOffset }
        for (index, member) in sorted.enumerated() {
            let end = index + 1 < sorted.count ? sorted[index + 1].localOffset : directory
            let least = localByteCount + member.name.utf8.count + member.compressedCount
            guard end - member.localOffset >= least else {
                throw TensorError(
                    .invalidHeader,
                    "member \"\(member.name)\" runs into what follows it",
                    offset: member.localOffset
                )
            }
        }
    }

    /// An unsigned little-endian integer. The caller has checked that it lies in the archive.
    private static func integer(_ archive: RawSpan, _ position: Int, _ byteCount: Int) -> Int {
        archive.extracting(position..<position + byteCount).withUnsafeBytes { bytes in
            bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
        }
    }

    private static func text(_ archive: RawSpan, _ position: Int, _ byteCount: Int) -> String? {
        archive.extracting(position..<position + byteCount).withUnsafeBytes { String(validating: $0, as: UTF8.self) }
    }
}
