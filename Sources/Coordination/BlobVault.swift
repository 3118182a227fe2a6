package import Attestation
package import Federation
package import Tensors

/// Where a coordinator keeps models, updates and server states. The coordinator's core decides; the data plane of the
/// server writes chunks here directly. All functions may be called from any thread.
///
/// What `storeModel`, `storeState` and `finishUpload` wrote must be there after a loss of power; chunks of an upload
/// that is not finished need not be, and whoever takes it up again finds out by hashing what is there.
package protocol BlobVault: Sendable {
    /// Keeps the model that a round produced (the initial model is round 0's), durably.
    ///
    /// - Parameter chunkHashes: those of the model's file, where they are known.
    func storeModel(
        task: Digest, round: UInt32, digest: Digest, chunkHashes: [Digest]?, header: [UInt8],
        parameters: borrowing ParameterSet
    ) throws(CoordinationError)

    /// Keeps the server optimiser's state after a round, named by its SHA-256, durably.
    func storeState(task: Digest, round: UInt32, bytes: [UInt8]) throws(CoordinationError)

    /// A model of a task.
    ///
    /// - Throws: `notFound`, or `storageFailed`.
    func model(task: Digest, digest: Digest) throws(CoordinationError) -> any BlobReading

    /// A server optimiser's state of a task.
    func state(task: Digest, digest: Digest) throws(CoordinationError) -> [UInt8]

    /// A finished update of a round.
    ///
    /// - Throws: `notFound`, or `storageFailed`.
    func update(task: Digest, round: UInt32, digest: Digest) throws(CoordinationError) -> any BlobReading

    /// Begins an upload, or takes it up again: says which chunks are still missing, as ascending ranges. The plan was
    /// allowed by `Coordinator.checkUpload` and its chunk hashes give its digest.
    func beginUpload(_ plan: UploadPlan) throws(CoordinationError) -> [Range<Int>]

    /// Whether all chunks of an update are there, finished or not.
    func hasUpload(task: Digest, round: UInt32, digest: Digest) -> Bool

    /// Whether a participant sent all chunks of an update itself, finished or not: an upload counts for who sent it.
    func hasUpload(task: Digest, round: UInt32, digest: Digest, by key: PublicKey) -> Bool

    /// Makes an upload, all of whose chunks are there, an update of its round, durably. Nothing happens if it is one.
    ///
    /// - Throws: `conflict` if chunks are missing or it was never begun.
    func finishUpload(task: Digest, round: UInt32, digest: Digest) throws(CoordinationError)

    /// Forgets a finished update whose bytes turned out to be damaged, so that it can be uploaded anew.
    func discardUpdate(task: Digest, round: UInt32, digest: Digest) throws(CoordinationError)

    /// Forgets uploads and updates of a round, except the accepted ones, which stay as evidence.
    func endRound(task: Digest, round: UInt32, keeping accepted: Set<Digest>) throws(CoordinationError)

    /// Holds to what a task's file promises to keep, whatever the vault's own rule would let go. Called whenever the
    /// task is taken up, before any of its rounds ends.
    func hold(_ promise: UpdatePromise, of task: Digest)

    /// Keeps a private record of a task, durably. It replaces one of the same name and is never served to anybody.
    func storeRecord(_ record: TaskRecord, task: Digest, bytes: [UInt8]) throws(CoordinationError)

    /// A private record of a task.
    ///
    /// - Throws: `notFound`, or `storageFailed`.
    func record(_ record: TaskRecord, task: Digest) throws(CoordinationError) -> [UInt8]

    /// Forgets a private record, if it is there.
    func removeRecord(_ record: TaskRecord, task: Digest) throws(CoordinationError)
}

extension BlobVault {
    /// For vaults that let nothing go by a rule of their own.
    package func hold(_ promise: UpdatePromise, of task: Digest) {}
}

/// What a coordinator keeps of a task for itself: until the close nobody else may see it.
package enum TaskRecord: Hashable, Sendable {
    /// The 32 bytes from which the validation set and the salts are drawn. Lost, the task cannot be settled.
    case secret
    /// Exact metrics and scores of a round, which its seal commits to. Lost, the task cannot be settled.
    case scores(round: UInt32)
    /// The scored step and the echo of a round, which the next rounds' surprise gradients need.
    case history(round: UInt32)

    /// The name of its file.
    package var fileName: String {
        switch self {
        case .secret: "secret"
        case .scores(let round): "scores-\(Self.padded(round))"
        case .history(let round): "history-\(Self.padded(round))"
        }
    }

    private static func padded(_ round: UInt32) -> String {
        let digits = String(round)
        return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }
}

/// An upload that a participant announces.
package struct UploadPlan: Sendable {
    package let task: Digest
    package let round: UInt32
    /// Blob digest: the Merkle root over the chunks.
    package let digest: Digest
    package let byteCount: Int
    /// `BlobDigest.chunkHash` of every chunk.
    package let chunkHashes: [Digest]
    /// Who announces it.
    package let participant: PublicKey

    package init(
        task: Digest, round: UInt32, digest: Digest, byteCount: Int, chunkHashes: [Digest], participant: PublicKey
    ) {
        self.task = task
        self.round = round
        self.digest = digest
        self.byteCount = byteCount
        self.chunkHashes = chunkHashes
        self.participant = participant
    }
}
