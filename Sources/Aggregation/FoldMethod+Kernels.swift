internal import CFold
internal import CKernels

extension FoldMethod {
    /// One range by the fused kernel.
    static func foldFused(
        _ starts: [UnsafePointer<Float>?],
        _ weights: [Double],
        range: Range<Int>,
        into sums: UnsafeMutablePointer<Double>
    ) {
        starts.withUnsafeBufferPointer { starts in
            weights.withUnsafeBufferPointer { weights in
                guard let updates = starts.baseAddress, let factors = weights.baseAddress else { return }
                tk_fold(range.lowerBound, range.count, starts.count, updates, factors, sums)
            }
        }
    }

    // A table of functions that is never written.
    nonisolated(unsafe) private static let kernels: UnsafePointer<tk_kernels>? = tk_kernels_for(tk_best_variant())

    /// Widens a run of float32 into Float64.
    static func widen(_ source: UnsafePointer<Float>, count: Int, to target: UnsafeMutablePointer<Double>) {
        if let kernels {
            kernels.pointee.widen(count, source, target)
        } else {
            for index in 0..<count { target[index] = Double(source[index]) }
        }
    }
}
