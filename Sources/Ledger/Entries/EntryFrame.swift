internal import Attestation

/// The outer message of an entry: its four head fields, and which bytes are the body.
///
/// Read strictly: fields ascend, each occurs at most once, zeros are left out, varints are as short as they can be, and
/// the body ends where the entry ends. That is what every protobuf library writes, and it leaves one encoding only.
struct EntryFrame {
    let sequence: UInt64
    let previous: Digest
    let timeMs: UInt64
    let id: EntryID
    /// Field number of the body: 16 to 30.
    let field: Int
    /// The body with its tag and length: what the id is derived from.
    let body: Range<Int>
    /// The body's own message.
    let payload: Range<Int>

    /// Tag bytes of the head fields: (field << 3) | wire type.
    private enum Tag {
        static let sequence: UInt8 = 0x08
        static let previous: UInt8 = 0x12
        static let timeMs: UInt8 = 0x18
        static let id: UInt8 = 0x22
    }

    /// Finds the parts of an entry's bytes.
    ///
    /// - Throws: `malformedEntry`, `wrongLength`, `missingBody` or `unknownField`.
    init(reading bytes: UnsafeRawBufferPointer) throws(LedgerError) {
        var reader = VarintReader(bytes: bytes)
        sequence = try reader.optionalVarint(tag: Tag.sequence)
        previous = try reader.bytes(tag: Tag.previous, count: Digest.byteCount, name: "previous") { raw in
            Digest(unsafeBytes: raw)
        }
        timeMs = try reader.optionalVarint(tag: Tag.timeMs)
        id = try reader.bytes(tag: Tag.id, count: EntryID.byteCount, name: "id") { raw in EntryID(prefixOf: raw) }
        guard reader.offset < bytes.count else {
            throw LedgerError(.missingBody, "the entry has no body")
        }
        let start = reader.offset
        let tag = try reader.varint()
        guard tag & 7 == 2, (16...30).contains(tag >> 3) else {
            throw LedgerError(.unknownField, "the entry has the field \(tag >> 3), which an entry does not have here")
        }
        field = Int(tag >> 3)
        let length = try reader.varint()
        guard length == UInt64(bytes.count - reader.offset) else {
            throw LedgerError(
                .malformedEntry,
                "the body is said to have \(length) bytes, but \(bytes.count - reader.offset) are left"
            )
        }
        body = start..<bytes.count
        payload = reader.offset..<bytes.count
    }

    /// The body's tag and length before its message.
    static func bodyBytes(field: Int, payload: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(payload.count + 6)
        append(varint: UInt64(field << 3 | 2), to: &bytes)
        append(varint: UInt64(payload.count), to: &bytes)
        bytes.append(contentsOf: payload)
        return bytes
    }

    /// The id that a body has: the first 16 bytes of SHA-256("tributary/entry/v1" || 0x00 || body).
    static func id(ofBody body: UnsafeRawBufferPointer) -> EntryID {
        var hasher = SHA256.Hasher()
        hasher.update(idPrefix)
        hasher.update(body)
        return hasher.finalize().withUnsafeBytes { EntryID(prefixOf: $0) }
    }

    /// A whole entry around a body.
    static func bytes(
        sequence: UInt64,
        previous: Digest,
        timeMs: UInt64,
        id: EntryID,
        body: [UInt8]
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(body.count + 74)
        if sequence > 0 {
            bytes.append(Tag.sequence)
            append(varint: sequence, to: &bytes)
        }
        bytes.append(Tag.previous)
        bytes.append(UInt8(Digest.byteCount))
        previous.withUnsafeBytes { bytes.append(contentsOf: $0) }
        if timeMs > 0 {
            bytes.append(Tag.timeMs)
            append(varint: timeMs, to: &bytes)
        }
        bytes.append(Tag.id)
        bytes.append(UInt8(EntryID.byteCount))
        bytes.append(contentsOf: id.bytes)
        bytes.append(contentsOf: body)
        return bytes
    }

    private static let idPrefix = Array("tributary/entry/v1".utf8) + [0]

    private static func append(varint value: UInt64, to bytes: inout [UInt8]) {
        var value = value
        while value > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }
}
