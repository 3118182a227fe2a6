package import Attestation

extension Entry {
    /// Reads an entry strictly: each entry has one encoding, and bytes that are not it are refused.
    ///
    /// - Throws: `entryTooLarge`, `malformedEntry`, `missingBody`, `unknownField`, `wrongLength`, `badValue`, `wrongID`
    ///   where the id is not the body's, `badAccountName` or `malformedStatement`.
    package init(decoding bytes: [UInt8]) throws(LedgerError) {
        guard bytes.count <= LedgerLimits.entryByteCount else {
            throw LedgerError(
                .entryTooLarge,
                "an entry of \(bytes.count) bytes; at most \(LedgerLimits.entryByteCount) are allowed"
            )
        }
        let frame = try bytes.span.bytes.withUnsafeBytes { raw throws(LedgerError) in
            let frame = try EntryFrame(reading: raw)
            guard EntryFrame.id(ofBody: UnsafeRawBufferPointer(rebasing: raw[frame.body])) == frame.id else {
                throw LedgerError(.wrongID, "the entry's id is not derived from its body")
            }
            return frame
        }
        self.init(
            sequence: frame.sequence,
            previous: frame.previous,
            timeMs: frame.timeMs,
            id: frame.id,
            body: try EntryBody(field: frame.field, payload: bytes.span.bytes.extracting(frame.payload))
        )
    }
}

extension EncodedEntry {
    /// Writes an entry around a body.
    ///
    /// - Throws: `entryTooLarge`.
    init(sequence: UInt64, previous: Digest, timeMs: UInt64, body: EncodedBody) throws(LedgerError) {
        let bytes = EntryFrame.bytes(
            sequence: sequence,
            previous: previous,
            timeMs: timeMs,
            id: body.id,
            body: body.bytes
        )
        guard bytes.count <= LedgerLimits.entryByteCount else {
            throw LedgerError(
                .entryTooLarge,
                "a \(body.body.kindName) entry of \(bytes.count) bytes; at most \(LedgerLimits.entryByteCount) fit"
            )
        }
        let entry = Entry(sequence: sequence, previous: previous, timeMs: timeMs, id: body.id, body: body.body)
        self.init(bytes: bytes, entry: entry)
    }

    /// Writes an entry around a body.
    ///
    /// - Throws: `entryTooLarge`.
    package init(sequence: UInt64, previous: Digest, timeMs: UInt64, body: EntryBody) throws(LedgerError) {
        try self.init(sequence: sequence, previous: previous, timeMs: timeMs, body: EncodedBody(body))
    }
}
