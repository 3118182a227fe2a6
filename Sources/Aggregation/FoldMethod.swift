internal import Tensors

/// How updates are added to the sums. All ways give the same bits, since the sums are exact.
package enum FoldMethod: String, CaseIterable, Sendable {
    /// One pass of our own kernel: reads float32, widens in registers, adds eight updates at a time. Reads about as
    /// fast as `sgemv` does, twice as fast as the ways through OpenBLAS, which the tests hold it against.
    case fused
    /// OpenBLAS `dgemv` over a tile of several updates, widened in cache.
    case matrixVector
    /// OpenBLAS `daxpy` over one widened tile at a time.
    case vectorAdd

    /// Ranges of values that threads take start at multiples of it.
    static let grain = 4_096

    /// Adds the updates to the sums. All counts have been checked.
    func fold(_ updates: [CheckedUpdate], into sums: inout Float64Buffer, threads: Int) {
        // An update of weight 0 adds nothing, so it is not read.
        let updates = updates.filter { $0.weight > 0 }
        guard !updates.isEmpty else { return }
        let count = sums.count
        let weights = updates.map { Double($0.weight) }
        // The pointers stay valid: the updates hold their buffers, and `updates` lives until the end of this call.
        nonisolated(unsafe) let starts = updates.map { update in
            update.parameters.parameters.values.withUnsafeValues { $0.baseAddress }
        }
        withExtendedLifetime(updates) {
            sums.withUnsafeMutableValues { sums in
                guard let start = sums.baseAddress else { return }
                nonisolated(unsafe) let base = start
                WorkSplit.forEachRange(of: count, grain: Self.grain, threads: threads) { range in
                    switch self {
                    case .fused: Self.foldFused(starts, weights, range: range, into: base)
                    case .matrixVector: Self.foldTiles(starts, weights, range: range, into: base, with: Self.addMatrix)
                    case .vectorAdd: Self.foldTiles(starts, weights, range: range, into: base, with: Self.addVectors)
                    }
                }
            }
        }
    }
}
