internal import Attestation
internal import NIOCore
internal import Synchronization

/// Room for one chunk. Owned by one request at a time, hence `Sendable`.
final class ChunkBuffer: @unchecked Sendable {
    private let memory = UnsafeMutableRawBufferPointer.allocate(
        byteCount: BlobDigest.chunkByteCount, alignment: 4_096)
    private(set) var count = 0

    deinit { memory.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }

    func clear() { count = 0 }

    /// Takes in more of the chunk.
    ///
    /// - Returns: false if it passes a chunk's size.
    func append(_ part: ByteBuffer) -> Bool {
        guard part.readableBytes <= memory.count - count else { return false }
        part.withUnsafeReadableBytes { source in
            UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: source)
        }
        count += part.readableBytes
        return true
    }
}

/// Chunk buffers for the next requests, so that memory is not mapped anew for every chunk.
final class ChunkBufferPool: Sendable {
    private let idle = Mutex<[ChunkBuffer]>([])

    func take() -> ChunkBuffer {
        let buffer = idle.withLock { $0.popLast() } ?? ChunkBuffer()
        buffer.clear()
        return buffer
    }

    func giveBack(_ buffer: ChunkBuffer) {
        idle.withLock { idle in
            if idle.count < CoordinatorServerLimits.idleChunkBufferCount { idle.append(buffer) }
        }
    }
}
