internal import Attestation
internal import CLinux
internal import Coordination
internal import Glibc
internal import Synchronization

/// An upload that is under way: a file whose chunks arrive in any order, from any thread, each checked before it is
/// written.
final class UploadFile: Sendable {
    private enum Stage {
        case open
        /// It has its final name and place.
        case finished
        /// Its file is gone.
        case discarded
    }

    private struct State {
        var isPresent: [Bool]
        var missingCount: Int
        var stage = Stage.open
    }

    let plan: UploadPlan
    private let path: String
    private let descriptor: Int32
    private let state: Mutex<State>

    /// Begins a file, or takes one up that an earlier process left: then what is there is hashed.
    ///
    /// - Throws: `diskFull` or `storageFailed`.
    init(_ plan: UploadPlan, path: String) throws(CoordinationError) {
        var isNew = true
        var descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        if descriptor < 0, errno == EEXIST {
            isNew = false
            descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        }
        guard descriptor >= 0 else { throw .system("begin the upload", path, errno: errno) }
        self.plan = plan
        self.path = path
        self.descriptor = descriptor
        let count = plan.chunkHashes.count
        state = Mutex(State(isPresent: Array(repeating: false, count: count), missingCount: count))
        // Room is taken now, so that a full disk is found out before the bytes are sent; where the file system cannot
        // do that, it is found out as they come.
        if fallocate(descriptor, 0, 0, off_t(plan.byteCount)) != 0, errno == ENOSPC || errno == EDQUOT {
            let number = errno
            if isNew { unlink(path) }
            throw .system("take room for the upload", path, errno: number)
        }
        guard ftruncate(descriptor, off_t(plan.byteCount)) == 0 else {
            throw .system("take room for the upload", path, errno: errno)
        }
        if !isNew { takeUp() }
    }

    deinit { close(descriptor) }

    /// Marks the chunks that have their hash.
    private func takeUp() {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: BlobDigest.chunkByteCount, alignment: 64)
        defer { buffer.deallocate() }
        for index in plan.chunkHashes.indices {
            let start = index * BlobDigest.chunkByteCount
            let count = chunkByteCount(index)
            guard pread(descriptor, buffer.baseAddress, count, off_t(start)) == count else { continue }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            if BlobDigest.chunkHash(of: bytes) == plan.chunkHashes[index] { mark(index) }
        }
    }

    /// Bytes of a chunk of the plan.
    func chunkByteCount(_ index: Int) -> Int {
        min(BlobDigest.chunkByteCount, plan.byteCount - index * BlobDigest.chunkByteCount)
    }

    /// Chunks that are still to come, as ascending ranges.
    var missing: [Range<Int>] {
        state.withLock { state in
            var ranges: [Range<Int>] = []
            guard state.stage != .finished else { return ranges }
            for (index, isPresent) in state.isPresent.enumerated() where !isPresent {
                if let last = ranges.last, last.upperBound == index {
                    ranges[ranges.count - 1] = last.lowerBound..<index + 1
                } else {
                    ranges.append(index..<index + 1)
                }
            }
            return ranges
        }
    }

    /// Whether all chunks are there.
    var isComplete: Bool { state.withLock { $0.stage != .discarded && $0.missingCount == 0 } }
    /// Whether it became an update.
    var isFinished: Bool { state.withLock { $0.stage == .finished } }

    /// Checks a chunk and writes it to its place.
    ///
    /// - Throws: `notFound` for a chunk that the plan does not have, `wrongDigest`, `diskFull`, `storageFailed`.
    func write(_ bytes: UnsafeRawBufferPointer, chunk index: Int) throws(CoordinationError) {
        guard plan.chunkHashes.indices.contains(index) else {
            throw CoordinationError(
                .notFound, "there is no chunk \(index); the update has \(plan.chunkHashes.count)")
        }
        if state.withLock({ $0.isPresent[index] }) { return }
        guard bytes.count == chunkByteCount(index), BlobDigest.chunkHash(of: bytes) == plan.chunkHashes[index] else {
            throw CoordinationError(
                .wrongDigest, "chunk \(index) of \(bytes.count) bytes does not have its announced hash",
                hint: "send it again")
        }
        let start = index * BlobDigest.chunkByteCount
        var done = 0
        while done < bytes.count {
            let put = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(start + done))
            if put < 0, errno == EINTR { continue }
            guard put > 0 else { throw .system("write the upload", path, errno: errno) }
            done += put
        }
        // The disk begins now, so that little is left to do when the upload is finished.
        _ = sync_file_range(descriptor, off_t(start), off_t(bytes.count), tributary_sync_file_range_write)
        mark(index)
    }

    private func mark(_ index: Int) {
        state.withLock { state in
            guard !state.isPresent[index] else { return }
            state.isPresent[index] = true
            state.missingCount -= 1
        }
    }

    /// Makes the bytes durable and gives them their final name.
    ///
    /// - Throws: `conflict` if chunks are missing, `diskFull`, `storageFailed`.
    func finish(as final: String) throws(CoordinationError) {
        let (stage, missing) = state.withLock { ($0.stage, $0.missingCount) }
        if stage == .finished { return }
        guard stage == .open, missing == 0 else {
            throw CoordinationError(.conflict, "\(missing) chunks of the update are missing")
        }
        guard fdatasync(descriptor) == 0 else { throw .system("make durable", path, errno: errno) }
        try state.withLock { state throws(CoordinationError) in
            guard state.stage == .open else { return }
            guard rename(path, final) == 0 else { throw .system("put in place", final, errno: errno) }
            state.stage = .finished
        }
    }

    /// Removes the file, if it did not become an update.
    func discard() {
        state.withLock { state in
            guard state.stage == .open else { return }
            unlink(path)
            state.stage = .discarded
        }
    }
}
