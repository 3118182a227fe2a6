import COpenBLAS
import Tensors

/// What this machine's memory gives to a kernel that reads updates and does next to nothing with them.
enum ReadLimit {
    /// Reads every value once: dot products of half-megabyte runs with a vector that stays in cache.
    static func stream(_ updates: [SharedParameterSet], threads: Int) {
        let run = 1 << 17
        let ones = ParameterBuffer([Float](repeating: 1, count: run))
        let totals = ParameterBuffer(zeros: updates.count * 16)
        ones.withUnsafeValues { ones in
            totals.withUnsafeValues { totals in
                nonisolated(unsafe) let ones = ones
                nonisolated(unsafe) let totals = UnsafeMutablePointer(mutating: totals.baseAddress)
                WorkSplit.forEachRange(of: updates.count, grain: 1, threads: threads) { range in
                    for index in range {
                        updates[index].parameters.values.withUnsafeValues { values in
                            var sum: Float = 0
                            for start in stride(from: 0, to: values.count, by: run) {
                                let count = min(run, values.count - start)
                                sum += cblas_sdot(
                                    Int32(count), values.baseAddress! + start, 1, ones.baseAddress!, 1)
                            }
                            totals?[index * 16] = sum
                        }
                    }
                }
            }
        }
    }
}
