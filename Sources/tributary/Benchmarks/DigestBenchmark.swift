import Attestation
import Tensors

/// Blob digests: SHA-256 over 16 KiB blocks, and their Merkle root.
struct DigestBenchmark {
    let byteCount: Int
    let threads: Int
    let runs: Int

    func run() -> [Figure] {
        let values = ParameterBuffer(zeros: byteCount / MemoryLayout<Float>.stride)
        return Set([1, threads]).sorted().map { count in
            let seconds = Stopwatch.median(runs: runs) {
                values.withUnsafeValues {
                    _ = BlobDigest.digest(of: UnsafeRawBufferPointer($0), threads: count)
                }
            }
            let name = count == 1 ? "gb_per_s_1_thread" : "gb_per_s"
            return Figure(name, Double(byteCount) / seconds / 1e9, "GB/s", "blob digest, \(count) threads")
        }
    }
}
