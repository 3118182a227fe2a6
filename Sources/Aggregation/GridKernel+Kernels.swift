internal import CKernels
internal import Tensors

/// The grid check over a range, by the widest kernel of this CPU.
enum GridKernel {
    // A table of functions that is never written.
    nonisolated(unsafe) private static let kernels: UnsafePointer<tk_kernels>? = tk_kernels_for(tk_best_variant())

    /// Index of the range's first value that is not on the grid, or nil.
    static func firstBadValue(in values: UnsafeBufferPointer<Float>, range: Range<Int>, grid: Grid) -> Int? {
        guard let start = values.baseAddress, !range.isEmpty else { return nil }
        guard let kernels = unsafe kernels?.pointee else { return range.first { !grid.contains(values[$0]) } }
        let found = unsafe kernels.check_grid(range.count, start + range.lowerBound, Int32(grid.fractionBits))
        return found < range.count ? range.lowerBound + found : nil
    }
}
