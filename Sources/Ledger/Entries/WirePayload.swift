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
        guard bytes.byteCount == canonical.count,
            bytes.withUnsafeBytes({ left in canonical.withUnsafeBytes { left.elementsEqual($0) } })
        else {
            throw LedgerError(
                .unknownField, "the message has unknown fields, or is not written in the one canonical way")
        }
    }

    /// The message's bytes.
    func encodedPayload() throws(LedgerError) -> [UInt8] { try encoded(wire) }

    private func encoded(_ message: Message) throws(LedgerError) -> [UInt8] {
        do {
            return try message.serializedBytes()
        } catch {
            throw LedgerError(.malformedEntry, "the message cannot be encoded: \(error)")
        }
    }
}
