/// How dot products are taken. All ways give the same integers, since each block is exact.
package enum DotMethod: String, CaseIterable, Sendable {
    /// One pass of our own kernel: widens in registers.
    case fused
    /// OpenBLAS `dgemv` on widened tiles.
    case matrixVector

    /// Both dot products over one block of at most `ValuationLimits.blockLength` values.
    @inline(__always)
    func block(
        _ update: UnsafePointer<Float>,
        _ gradient: UnsafePointer<Float>,
        _ second: UnsafePointer<Float>,
        count: Int
    ) -> (gradient: Double, second: Double) {
        switch self {
        case .fused: Self.fusedBlock(update, gradient, second, count: count)
        case .matrixVector: Self.matrixBlock(update, gradient, second, count: count)
        }
    }
}
