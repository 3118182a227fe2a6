/// Reads the head of a protobuf message in its one canonical form.
struct VarintReader {
    let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0

    init(bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The next varint, in its shortest form.
    mutating func varint() throws(LedgerError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < bytes.count, shift <= 63 {
            let byte = bytes[offset]
            offset += 1
            guard shift < 63 || byte <= 1 else { break }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 {
                guard byte != 0 || shift == 0 else { break }
                return value
            }
            shift += 7
        }
        throw LedgerError(.malformedEntry, "the number before byte \(offset) is broken or longer than it needs to be")
    }

    /// The field with that tag, or 0 where it is left out; a zero that is written is refused.
    mutating func optionalVarint(tag: UInt8) throws(LedgerError) -> UInt64 {
        guard offset < bytes.count, bytes[offset] == tag else { return 0 }
        offset += 1
        let value = try varint()
        guard value != 0 else {
            throw LedgerError(.malformedEntry, "field \(tag >> 3) is written as zero; it is left out then")
        }
        return value
    }

    /// The field with that tag, of exactly that many bytes.
    mutating func bytes<Value>(
        tag: UInt8,
        count: Int,
        name: String,
        _ convert: (UnsafeRawBufferPointer) -> Value
    ) throws(LedgerError) -> Value {
        guard offset < bytes.count, bytes[offset] == tag else {
            throw LedgerError(.malformedEntry, "the entry has no '\(name)' at byte \(offset), where it belongs")
        }
        offset += 1
        let length = try varint()
        guard length == UInt64(count) else {
            throw LedgerError(.wrongLength, "'\(name)' has \(length) bytes; it has \(count) in version 1")
        }
        guard bytes.count - offset >= count else {
            throw LedgerError(.malformedEntry, "the entry ends inside '\(name)'")
        }
        defer { offset += count }
        return convert(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]))
    }
}
