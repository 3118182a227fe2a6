/// A tree head as a note's text (C2SP tlog-checkpoint): origin, size, root, and extension lines that others may add.
package struct Checkpoint: Sendable, CustomStringConvertible {
    /// Which log: a schema-less URL such as `example.org/ledger`.
    package let origin: String
    /// Number of leaves.
    package let size: UInt64
    /// Merkle root over them.
    package let root: Digest
    /// Further lines, kept as read. This program signs none: no client is bound to understand them.
    package let extensions: [String]

    /// A checkpoint without extensions.
    ///
    /// - Throws: `AttestationError` with code `invalidCheckpoint` if the origin is empty, too long or has control
    ///   characters.
    package init(origin: String, size: UInt64, root: Digest) throws(AttestationError) {
        try self.init(origin: origin, size: size, root: root, extensions: [])
    }

    private init(origin: String, size: UInt64, root: Digest, extensions: [String]) throws(AttestationError) {
        guard !origin.isEmpty, origin.utf8.count <= AttestationLimits.nameByteCount,
            !origin.utf8.contains(where: { $0 < 0x20 })
        else {
            throw AttestationError(
                .invalidCheckpoint,
                "a checkpoint's origin has 1 to \(AttestationLimits.nameByteCount) bytes and no control characters"
            )
        }
        self.origin = origin
        self.size = size
        self.root = root
        self.extensions = extensions
    }

    /// Reads the text of a note.
    ///
    /// - Throws: `AttestationError` with code `invalidCheckpoint` if a line is missing, empty or not written the one
    ///   canonical way, `limitExceeded` past a limit.
    package init(text: String) throws(AttestationError) {
        guard text.utf8.count <= AttestationLimits.noteByteCount else {
            throw AttestationError(
                .limitExceeded,
                "a checkpoint of over \(AttestationLimits.noteByteCount) bytes"
            )
        }
        let newline = UInt8(ascii: "\n")
        guard text.utf8.last == newline, !text.utf8.contains(where: { $0 < 0x20 && $0 != newline }) else {
            throw AttestationError(
                .invalidCheckpoint,
                "a checkpoint's lines end in newlines and have no control characters"
            )
        }
        let most = 3 + AttestationLimits.checkpointExtensionCount
        let lines = text.utf8.dropLast().split(
            separator: newline,
            maxSplits: most,
            omittingEmptySubsequences: false
        )
        guard lines.count >= 3 else {
            throw AttestationError(.invalidCheckpoint, "a checkpoint has three lines: origin, size and root")
        }
        guard lines.count <= most else {
            throw AttestationError(
                .limitExceeded,
                "a checkpoint with over \(AttestationLimits.checkpointExtensionCount) extension lines"
            )
        }
        let extensions = lines[3...].map { String(Substring($0)) }
        guard !extensions.contains(where: \.isEmpty) else {
            throw AttestationError(.invalidCheckpoint, "a checkpoint with an empty extension line")
        }
        try self.init(
            origin: String(Substring(lines[0])),
            size: try Self.size(lines[1]),
            root: try Self.root(lines[2]),
            extensions: extensions
        )
    }

    /// The note's text: every line with its newline.
    package var text: String {
        var text = "\(origin)\n\(size)\n\(Base64.encode(root.bytes))\n"
        for line in extensions { text += line + "\n" }
        return text
    }

    package var description: String { "\(origin) at \(size): \(root)" }

    /// The checkpoint as a note signed by the log's key.
    ///
    /// - Throws: `AttestationError` with code `invalidCheckpoint` if there are extension lines.
    package func signed(by signer: NoteSigner) throws(AttestationError) -> SignedNote {
        guard extensions.isEmpty else {
            throw AttestationError(
                .invalidCheckpoint,
                "a checkpoint with extension lines is not signed; leave them out"
            )
        }
        return try signer.sign(text)
    }

    /// Decimal without sign or leading zeros, below 2^64.
    private static func size(_ line: Substring.UTF8View) throws(AttestationError) -> UInt64 {
        let isCanonical =
            line.count <= 20 && line.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            && (line.count == 1 || line.first != UInt8(ascii: "0"))
        guard isCanonical, let size = UInt64(Substring(line)) else {
            throw AttestationError(
                .invalidCheckpoint,
                "the checkpoint's size \(Quotation.of(line)) is not a plain decimal below 2^64"
            )
        }
        return size
    }

    private static func root(_ line: Substring.UTF8View) throws(AttestationError) -> Digest {
        guard line.count == 44, let bytes = Base64.decode(line), bytes.count == Digest.byteCount else {
            throw AttestationError(
                .invalidCheckpoint,
                "the checkpoint's root \(Quotation.of(line)) is not the base64 of 32 bytes"
            )
        }
        return try Digest(bytes: bytes)
    }
}
