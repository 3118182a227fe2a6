/// A body with its bytes inside an entry and the id derived from them.
struct EncodedBody {
    let body: EntryBody
    /// Tag, length and message.
    let bytes: [UInt8]
    let id: EntryID

    /// - Throws: `malformedEntry` if protobuf refuses it.
    init(_ body: EntryBody) throws(LedgerError) {
        self.body = body
        bytes = EntryFrame.bodyBytes(field: body.field, payload: try body.encodedPayload())
        id = bytes.withUnsafeBytes { EntryFrame.id(ofBody: $0) }
    }
}
