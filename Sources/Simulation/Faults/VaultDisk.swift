import Attestation
import Coordination
import Federation

/// What a simulated coordinator's vault has on its disk.
///
/// One thread drives the world, hence `@unchecked Sendable`.
final class VaultDisk: @unchecked Sendable {
    /// Names an update, or its upload.
    struct UpdateName: Hashable {
        let task: Digest
        let round: UInt32
        let digest: Digest
    }

    /// Names a private record.
    struct RecordName: Hashable {
        let task: Digest
        let record: TaskRecord
    }

    /// An upload, finished or not.
    struct Upload {
        let name: UpdateName
        let chunkHashes: [Digest]
        var bytes: [UInt8]
        /// Chunks that were written; whether their bytes are right is known in the life that wrote them only.
        var written: [Bool]
        var isFinished = false

        func range(ofChunk index: Int) -> Range<Int> {
            index * BlobDigest.chunkByteCount..<min(bytes.count, (index + 1) * BlobDigest.chunkByteCount)
        }

        /// Chunks whose bytes are not there or not right, ascending.
        var missing: [Int] {
            chunkHashes.indices.filter { index in
                !written[index]
                    || bytes[range(ofChunk: index)].withUnsafeBytes {
                        BlobDigest.chunkHashes(of: $0, threads: 1).first != chunkHashes[index]
                    }
            }
        }
    }

    var models: [Digest: [UInt8]] = [:]
    var states: [Digest: [UInt8]] = [:]
    /// Private records of tasks.
    var records: [RecordName: [UInt8]] = [:]
    /// In order of their beginning, so that what is lost is a function of the seed.
    private(set) var uploads: [Upload] = []

    func discard(_ name: UpdateName) { uploads.removeAll { $0.name == name } }

    func upload(_ name: UpdateName) -> Upload? { uploads.first { $0.name == name } }

    func change(_ name: UpdateName, _ change: (inout Upload) -> Void) {
        guard let index = uploads.firstIndex(where: { $0.name == name }) else { return }
        change(&uploads[index])
    }

    func begin(_ upload: Upload) { uploads.append(upload) }

    func endRound(task: Digest, round: UInt32, keeping accepted: Set<Digest>) {
        uploads.removeAll { $0.name.task == task && $0.name.round == round && !accepted.contains($0.name.digest) }
    }

    /// The power goes: chunks of unfinished uploads may be lost or garbage; rarely, so may a finished update.
    func losePower(_ faults: FaultSource) {
        for index in uploads.indices {
            for chunk in uploads[index].written.indices where uploads[index].written[chunk] {
                let rate = uploads[index].isFinished ? faults.rates.lostUpdate : faults.rates.tornChunk
                guard faults.strikes(rate) else { continue }
                faults.tally.damagedBlobs += 1
                if faults.happens(0.5) {
                    uploads[index].written[chunk] = false
                } else {
                    let range = uploads[index].range(ofChunk: chunk)
                    uploads[index].bytes[range.lowerBound + faults.index(below: range.count)] ^= 0x55
                }
            }
        }
        uploads.removeAll { !$0.written.contains(true) && faults.strikes(0.5) }
    }
}
