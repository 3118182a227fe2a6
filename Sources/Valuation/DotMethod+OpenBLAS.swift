internal import COpenBLAS

extension DotMethod {
    /// Values widened at a time: three columns of 8 KiB stay in the first-level cache.
    private static let tileLength = 1_024

    /// OpenBLAS runs in the calling thread only: the work is split by blocks. Set once, before the first call.
    private static let singleThreaded: Void = openblas_set_num_threads(1)

    /// One block, tile by tile: products += [gradient second]ᵀ · update.
    static func matrixBlock(
        _ update: UnsafePointer<Float>,
        _ gradient: UnsafePointer<Float>,
        _ second: UnsafePointer<Float>,
        count: Int
    ) -> (gradient: Double, second: Double) {
        _ = singleThreaded
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: 3 * tileLength + 2) { tile in
            guard let base = tile.baseAddress else { return (0, 0) }
            let products = base + 3 * tileLength
            products.initialize(repeating: 0, count: 2)
            for first in stride(from: 0, to: count, by: tileLength) {
                let length = min(tileLength, count - first)
                for (column, source) in [gradient, second, update].enumerated() {
                    let target = base + column * tileLength
                    for index in 0..<length { target[index] = Double(source[first + index]) }
                }
                cblas_dgemv(
                    CblasColMajor,
                    CblasTrans,
                    Int32(length),
                    2,
                    1,
                    base,
                    Int32(tileLength),
                    base + 2 * tileLength,
                    1,
                    1,
                    products,
                    1
                )
            }
            return (products[0], products[1])
        }
    }
}
