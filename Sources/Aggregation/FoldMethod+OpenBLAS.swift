internal import COpenBLAS

extension FoldMethod {
    /// Values of a tile, and updates in it: 8 · 1,024 · 8 bytes is 64 KiB, well within the second-level cache.
    private static let tileLength = 1_024
    private static let tileUpdates = 8

    /// OpenBLAS runs in the calling thread only: the work is split here. Set once, before the first call.
    private static let singleThreaded: Void = openblas_set_num_threads(1)

    /// Adds a widened tile, `updates` columns of `count` values each `tileLength` apart, to `count` sums.
    typealias TileAddition = (
        _ tile: UnsafePointer<Double>, _ count: Int, _ weights: ArraySlice<Double>, _ sums: UnsafeMutablePointer<Double>
    ) -> Void

    /// One range, tile by tile.
    static func foldTiles(
        _ starts: [UnsafePointer<Float>?],
        _ weights: [Double],
        range: Range<Int>,
        into sums: UnsafeMutablePointer<Double>,
        with add: TileAddition
    ) {
        _ = singleThreaded
        withUnsafeTemporaryAllocation(of: Double.self, capacity: tileLength * tileUpdates) { tile in
            guard let base = tile.baseAddress else { return }
            for first in stride(from: range.lowerBound, to: range.upperBound, by: tileLength) {
                let count = min(tileLength, range.upperBound - first)
                for group in stride(from: 0, to: starts.count, by: tileUpdates) {
                    let members = group..<min(group + tileUpdates, starts.count)
                    for member in members {
                        guard let start = starts[member] else { continue }
                        widen(start + first, count: count, to: base + (member - group) * tileLength)
                    }
                    add(base, count, weights[members], sums + first)
                }
            }
        }
    }

    /// The tile by one `dgemv`: sums += tile · weights.
    static func addMatrix(
        _ tile: UnsafePointer<Double>,
        _ count: Int,
        _ weights: ArraySlice<Double>,
        _ sums: UnsafeMutablePointer<Double>
    ) {
        weights.withUnsafeBufferPointer { weights in
            cblas_dgemv(
                CblasColMajor,
                CblasNoTrans,
                Int32(count),
                Int32(weights.count),
                1,
                tile,
                Int32(tileLength),
                weights.baseAddress,
                1,
                1,
                sums,
                1
            )
        }
    }

    /// The tile by one `daxpy` an update: sums += weight · column.
    static func addVectors(
        _ tile: UnsafePointer<Double>,
        _ count: Int,
        _ weights: ArraySlice<Double>,
        _ sums: UnsafeMutablePointer<Double>
    ) {
        for (column, weight) in weights.enumerated() {
            cblas_daxpy(Int32(count), weight, tile + column * tileLength, 1, sums, 1)
        }
    }
}
