internal import Synchronization
internal import Tensors

/// Exact dot products of vectors of integers, block by block.
///
/// A block of 2^12 products of 24 and 17 bits sums to at most 2^53 in magnitude, whatever the order, so Float64 holds
/// every partial sum exactly. Block sums are added as 128-bit integers.
enum DotProducts {
    /// The outcome for several vectors.
    struct Outcome {
        /// One a vector.
        var projections: [Projection]
        /// The lowest vector with a block whose sum is no integer, if any.
        var firstInexact: Int?
    }

    /// Dot products of one direction with two others of the same count. Their integers are small enough by
    /// construction.
    static func integers(
        of vector: borrowing IntegerDirection,
        with gradient: borrowing IntegerDirection,
        and second: borrowing IntegerDirection,
        threads: Int
    ) -> Projection {
        let start = vector.integers.withUnsafeValues { $0.baseAddress }
        return integers(of: [start], scale: 1, with: gradient, and: second, threads: threads, method: .fused)
            .projections[0]
    }

    /// Dot products of several vectors with two directions.
    ///
    /// - Parameters:
    ///   - vectors: first values; each vector has the gradient's count, and stays in place during the call.
    ///   - scale: the power of two that makes their values integers.
    ///   - gradient: the first direction.
    ///   - second: the second, or one of no values for none.
    ///   - threads: most threads to use.
    ///   - method: how a block is summed.
    static func integers(
        of vectors: [UnsafePointer<Float>?],
        scale: Double,
        with gradient: borrowing IntegerDirection,
        and second: borrowing IntegerDirection,
        threads: Int,
        method: DotMethod
    ) -> Outcome {
        let count = gradient.integers.count
        let hasSecond = second.integers.count > 0
        let total = Mutex(
            Outcome(projections: Array(repeating: Projection(), count: vectors.count), firstInexact: nil)
        )
        nonisolated(unsafe) let vectors = vectors
        nonisolated(unsafe) let first = gradient.integers.withUnsafeValues { $0.baseAddress }
        nonisolated(unsafe) let other = hasSecond ? second.integers.withUnsafeValues { $0.baseAddress } : first
        WorkSplit.forEachRange(of: count, grain: ValuationLimits.blockLength, threads: threads) { range in
            guard let first, let other else { return }
            let part = integers(
                of: vectors,
                scale: scale,
                with: first,
                and: other,
                in: range,
                method: method
            )
            total.withLock { total in
                for index in vectors.indices {
                    total.projections[index].gradient += part.projections[index].gradient
                    if hasSecond { total.projections[index].second += part.projections[index].second }
                }
                guard let inexact = part.firstInexact else { return }
                total.firstInexact = min(total.firstInexact ?? inexact, inexact)
            }
        }
        return total.withLock { $0 }
    }

    /// One thread's share.
    private static func integers(
        of vectors: [UnsafePointer<Float>?],
        scale: Double,
        with gradient: UnsafePointer<Float>,
        and second: UnsafePointer<Float>,
        in range: Range<Int>,
        method: DotMethod
    ) -> Outcome {
        var outcome = Outcome(
            projections: Array(repeating: Projection(), count: vectors.count),
            firstInexact: nil
        )
        for start in stride(from: range.lowerBound, to: range.upperBound, by: ValuationLimits.blockLength) {
            let length = min(ValuationLimits.blockLength, range.upperBound - start)
            for (index, vector) in vectors.enumerated() {
                guard let vector else { continue }
                let sums = method.block(vector + start, gradient + start, second + start, count: length)
                guard let along = Int64(exactly: sums.gradient * scale),
                    let across = Int64(exactly: sums.second * scale)
                else {
                    outcome.firstInexact = min(outcome.firstInexact ?? index, index)
                    continue
                }
                outcome.projections[index].gradient += Int128(along)
                outcome.projections[index].second += Int128(across)
            }
        }
        return outcome
    }
}
