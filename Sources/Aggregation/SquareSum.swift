internal import Tensors

/// The exact sum of squares of values on a grid, in squares of its step.
///
/// A square has at most 48 bits, so that Float64 sums 32 of them without rounding. A block is summed in 64 lanes of at
/// most 32 squares each, in vector registers; the lanes are then added as integers.
struct SquareSum {
    /// Values in a block.
    static let blockLength = lanes * depth
    private static let lanes = 64
    private static let depth = 32

    /// The sum so far.
    private(set) var total: UInt128 = 0
    private let scale: Float

    init(grid: Grid) {
        scale = Float(sign: .plus, exponent: grid.fractionBits, significand: 1)
    }

    /// Adds a block of at most `blockLength` values, all on the grid.
    mutating func add(_ block: UnsafeBufferPointer<Float>) {
        let scale = scale
        total += withUnsafeTemporaryAllocation(of: Double.self, capacity: Self.lanes) { sums in
            sums.initialize(repeating: 0)
            for start in stride(from: 0, to: block.count, by: Self.lanes) {
                for lane in 0..<min(Self.lanes, block.count - start) {
                    let integer = Double(block[start + lane] * scale)
                    sums[lane] += integer * integer
                }
            }
            // At most 64 sums of at most 2^53: below 2^59.
            return UInt128(sums.reduce(UInt64(0)) { $0 + UInt64($1) })
        }
    }
}
