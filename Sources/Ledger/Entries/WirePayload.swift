internal import SwiftProtobuf

/// A body's message in the form that goes into an entry.
protocol WirePayload {
    associatedtype Message: SwiftProtobuf.Message
    /// - Throws: `wrongLength`, `badValue` or another code that names what is wrong with the message.
    init(wire: Message) throws(LedgerError)
    var wire: Message { get }
}

extension WirePayload {
    /// Reads a message strictly: what is not the one canonical encoding of known fields is refused.
    ///
    /// - Throws: `malformedEntry` for broken bytes or another encoding, `unknownField`, or as `init(wire:)`.
    init(strictlyReading bytes: RawSpan) throws(LedgerError) {
        // Unknown fields are dropped here, and so missing when the message is written again below.
        var options = BinaryDecodingOptions()
        options.discardUnknownFields = true
        let message: Message
        do {
            message = try Message(serializedBytes: bytes, options: options)
        } catch {
            throw LedgerError(.malformedEntry, "the message cannot be decoded: \(error)")
        }
        try self.init(wire: message)
        let canonical = try encoded(message)
        guard Self.areEqual(bytes, canonical) else {
            throw LedgerError(
                .unknownField,
                "the message has unknown fields, or is not written in the one canonical way"
            )
        }
    }

    /// The message's bytes.
    func encodedPayload() throws(LedgerError) -> [UInt8] { try encoded(wire) }

    /// Whether the same bytes are there: eight at a time, since generic sequences compare them one by one.
    private static func areEqual(_ left: RawSpan, _ right: [UInt8]) -> Bool {
        guard left.byteCount == right.count else { return false }
        let right = right.span.bytes
        let words = right.byteCount / 8
        var difference: UInt64 = 0
        for word in 0..<words {
            difference |=
                left.unsafeLoadUnaligned(fromByteOffset: 8 * word, as: UInt64.self)
                ^ right.unsafeLoadUnaligned(fromByteOffset: 8 * word, as: UInt64.self)
        }
        for place in 8 * words..<right.byteCount {
            difference |= UInt64(
                left.unsafeLoad(fromByteOffset: place, as: UInt8.self)
                    ^ right.unsafeLoad(fromByteOffset: place, as: UInt8.self)
            )
        }
        return difference == 0
    }

    private func encoded(_ message: Message) throws(LedgerError) -> [UInt8] {
        do {
            return try message.serializedBytes()
        } catch {
            throw LedgerError(.malformedEntry, "the message cannot be encoded: \(error)")
        }
    }
}
