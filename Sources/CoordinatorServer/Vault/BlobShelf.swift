internal import Attestation
internal import Runs
internal import Synchronization

/// Blobs that were asked for lately: their open files and chunk hashes. Bounded; the one not used for longest goes.
final class BlobShelf: Sendable {
    /// A blob that can be sent.
    struct Blob: Sendable {
        let file: FileBlob
        let chunkHashes: [Digest]
    }

    private struct State {
        var blobs: [Digest: (blob: Blob, usedAt: UInt64)] = [:]
        var hashCount = 0
        var clock: UInt64 = 0
    }

    private let state = Mutex(State())

    /// A blob, if it is there.
    func find(_ digest: Digest) -> Blob? {
        state.withLock { state in
            guard let found = state.blobs[digest]?.blob else { return nil }
            state.clock += 1
            state.blobs[digest]?.usedAt = state.clock
            return found
        }
    }

    /// Puts a blob on the shelf.
    func put(_ blob: Blob, digest: Digest) {
        state.withLock { state in
            remove(digest, from: &state)
            state.clock += 1
            state.blobs[digest] = (blob, state.clock)
            state.hashCount += blob.chunkHashes.count
            while state.blobs.count > CoordinatorServerLimits.shelfBlobCount
                || state.hashCount > CoordinatorServerLimits.shelfHashCount && state.blobs.count > 1
            {
                guard let oldest = state.blobs.min(by: { $0.value.usedAt < $1.value.usedAt })?.key else { return }
                remove(oldest, from: &state)
            }
        }
    }

    /// Takes a blob off, when its file is deleted.
    func remove(_ digest: Digest) { state.withLock { remove(digest, from: &$0) } }

    private func remove(_ digest: Digest, from state: inout State) {
        guard let old = state.blobs.removeValue(forKey: digest) else { return }
        state.hashCount -= old.blob.chunkHashes.count
    }
}
