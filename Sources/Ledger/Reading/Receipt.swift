package import Attestation
internal import FoundationEssentials

/// One entry with the proof that a signed checkpoint covers it: C2SP tlog-proof, with the entry itself in its `extra`
/// line. Whoever knows the log's key can check it without asking anybody.
package struct Receipt: Sendable {
    /// The entry's bytes.
    package let entry: [UInt8]
    /// Its index in the log.
    package let index: UInt64
    /// From the leaf's sibling to the root's child.
    package let proof: [Digest]
    /// Signed by the log's key, and perhaps by witnesses.
    package let checkpoint: SignedNote

    private static let title = "c2sp.org/tlog-proof@v1"
    /// Hashes of a proof that the format allows.
    private static let proofLimit = 63

    package init(entry: [UInt8], index: UInt64, proof: [Digest], checkpoint: SignedNote) {
        self.entry = entry
        self.index = index
        self.proof = proof
        self.checkpoint = checkpoint
    }

    /// The receipt's text.
    package var encoded: String {
        var text = "\(Self.title)\nextra \(Data(entry).base64EncodedString())\nindex \(index)\n"
        for hash in proof { text += Data(hash.bytes).base64EncodedString() + "\n" }
        return text + "\n" + checkpoint.encoded
    }

    /// Reads a receipt; nothing is believed before `verified(by:)`.
    ///
    /// - Throws: `malformedReceipt`.
    package init(decoding bytes: [UInt8]) throws(LedgerError) {
        guard bytes.count <= LedgerLimits.receiptByteCount else {
            throw Self.malformed("\(bytes.count) bytes; at most \(LedgerLimits.receiptByteCount) are allowed")
        }
        var rest = bytes[...]
        guard Self.line(&rest) == Self.title else { throw Self.malformed("the first line is not '\(Self.title)'") }
        guard let extra = Self.line(&rest), extra.hasPrefix("extra "),
            let entry = Self.base64(extra.dropFirst(6)), entry.count <= LedgerLimits.entryByteCount
        else { throw Self.malformed("it has no 'extra' line with the entry") }
        guard let indexLine = Self.line(&rest), indexLine.hasPrefix("index "),
            let index = UInt64(indexLine.dropFirst(6)), "index \(index)" == indexLine
        else { throw Self.malformed("it has no 'index' line") }
        var proof: [Digest] = []
        while let line = Self.line(&rest) {
            if line.isEmpty {
                do {
                    self.init(
                        entry: entry,
                        index: index,
                        proof: proof,
                        checkpoint: try SignedNote(parsing: Array(rest))
                    )
                } catch {
                    throw Self.malformed("its checkpoint cannot be read: \(error.message)")
                }
                return
            }
            guard let hash = Self.base64(line[...]), let digest = try? Digest(bytes: hash),
                proof.count < Self.proofLimit
            else { throw Self.malformed("line \(proof.count + 4) is no hash of the proof") }
            proof.append(digest)
        }
        throw Self.malformed("it ends before its checkpoint")
    }

    /// Checks the receipt with the log's key alone.
    ///
    /// - Returns: the entry, and the checkpoint that covers it.
    /// - Throws: `badCheckpoint` where the key has not signed it, `receiptRefused` where the proof does not lead to its
    ///   root or the entry is of another place; what is wrong with the entry.
    package func verified(by verifier: NoteVerifier) throws(LedgerError) -> (
        entry: EncodedEntry, checkpoint: Checkpoint
    ) {
        let head = try LogHead(note: Array(checkpoint.encoded.utf8), verifier: verifier).checkpoint
        do {
            try MerkleProof.verifyInclusion(
                leafHash: MerkleHash.leaf(entry),
                index: index,
                size: head.size,
                proof: proof,
                root: head.root
            )
        } catch {
            throw LedgerError(.receiptRefused, "the receipt does not prove its entry: \(error.message)")
        }
        let entry = try EncodedEntry(decoding: entry)
        guard entry.entry.sequence == index else {
            throw LedgerError(
                .receiptRefused,
                "the receipt is for place \(index), but the entry says \(entry.entry.sequence)"
            )
        }
        return (entry, head)
    }

    private static func malformed(_ reason: String) -> LedgerError {
        LedgerError(.malformedReceipt, "not a receipt: \(reason)")
    }

    /// Takes the next line off, without its newline; nil at the end or where it is not UTF-8.
    private static func line(_ rest: inout ArraySlice<UInt8>) -> String? {
        guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        defer { rest = rest[(end + 1)...] }
        return String(validating: rest[..<end], as: UTF8.self)
    }

    /// Canonical base64 alone: one text for each byte string.
    private static func base64(_ text: Substring) -> [UInt8]? {
        guard let data = Data(base64Encoded: String(text)), data.base64EncodedString() == text else { return nil }
        return [UInt8](data)
    }
}
