/// The bounds of what goes over the wire; both sides keep them.
package enum WireLimits {
    /// Bytes of a request's or an answer's protobuf body, blobs, manifests and uploads' manifests aside.
    package static let messageByteCount = 65_536
    /// Bytes of a body that carries a blob's chunk hashes: 34 bytes for each of 65,536 chunks and some more.
    package static let manifestByteCount = 2_300_000
    /// Bytes of an update that may travel with its announcement.
    package static let onlyChunkByteCount = 65_536
    /// Bytes of a page of ledger entries.
    package static let entryPageByteCount = 4 << 20
    /// Ledger entries of one page.
    package static let entryPageCount = 1_000
    /// Chunks of one blob: 64 GiB.
    package static let chunkCount = 65_536
    /// Longest a work request may wait.
    package static let workWaitMs: UInt32 = 25_000
    /// Tasks that an agent may decline in one request.
    package static let declinedTaskCount = 256
    /// Bytes of a participant's label.
    package static let labelByteCount = 64
    /// How long a session lasts.
    package static let sessionMs: UInt64 = 3_600_000
    /// How long a challenge may be answered.
    package static let challengeMs: UInt64 = 60_000
    /// Bytes of a join string.
    package static let joinStringByteCount = 1_024
    /// Entry sequences in an account's answer.
    package static let acceptedSequenceCount = 1_000
}
