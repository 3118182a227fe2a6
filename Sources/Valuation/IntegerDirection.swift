internal import Synchronization
internal import Tensors

/// A vector as integers of at most 17 bits of magnitude under one shared power of two: value ≈ integer · 2^-exponent.
///
/// The exponent comes from the largest magnitude alone, so it depends on no order. The integers are kept in float32,
/// which holds them exactly, at 4 bytes each.
struct IntegerDirection: ~Copyable, Sendable {
    /// The integers.
    let integers: ParameterBuffer
    /// The shared exponent: an integer k stands for k · 2^-exponent.
    let exponent: Int

    /// Adding and subtracting 1.5 · 2^52 rounds what is below 2^51 to the nearest integer, ties to even, and leaves no
    /// negative zero; unlike a call for it, in vector registers on every CPU.
    static var rounder: Double { 0x1.8p52 }

    /// The direction without values, which stands for none.
    init() {
        integers = ParameterBuffer(zeros: 0)
        exponent = 0
    }

    /// Rounds a vector to integers, nearest with ties to even.
    ///
    /// With m the largest magnitude and 2^E ≤ m < 2^(E+1), the exponent is 16 - E, so that magnitudes reach at most
    /// 2^17. A vector of zeros has exponent 0.
    ///
    /// - Parameters:
    ///   - count: number of values.
    ///   - threads: most threads to use.
    ///   - component: the value at an index, in Float64; called twice for each index, concurrently.
    /// - Throws: `ValuationError` with code `notFinite`, naming the first such index, or `overflow`.
    @inline(__always)
    init(
        count: Int,
        threads: Int,
        component: @Sendable (Int) -> Double
    ) throws(ValuationError) {
        let largest = try Self.largestMagnitude(count: count, threads: threads, component: component)
        let exponent = try Self.exponent(ofLargest: largest)
        let scale = Double(sign: .plus, exponent: exponent, significand: 1)
        var integers = ParameterBuffer(zeros: count)
        integers.withUnsafeMutableValues { integers in
            nonisolated(unsafe) let integers = integers
            WorkSplit.forEachRange(of: count, grain: ValuationLimits.blockLength, threads: threads) { range in
                for index in range {
                    integers[index] = Float((component(index) * scale + Self.rounder) - Self.rounder)
                }
            }
        }
        self.integers = integers
        self.exponent = exponent
    }

    /// A direction of integers that were rounded already.
    init(integers: consuming ParameterBuffer, exponent: Int) {
        self.integers = integers
        self.exponent = exponent
    }

    /// The shared exponent of a vector whose largest magnitude is given; 0 for a vector of zeros.
    ///
    /// - Throws: `ValuationError` with code `overflow` past `ValuationLimits.exponentMagnitude`.
    static func exponent(ofLargest largest: Double) throws(ValuationError) -> Int {
        guard largest != 0 else { return 0 }
        let exponent = ValuationLimits.directionBits - 1 - Int(largest.exponent)
        guard exponent.magnitude <= ValuationLimits.exponentMagnitude else {
            throw ValuationError(
                .overflow, "a vector whose largest magnitude is \(largest); choose a server learning rate nearer to 1")
        }
        return exponent
    }

    /// An integer as Float64, nearest with ties to even, times a power of two; the product is exact.
    static func scaled(_ integer: Int128, by exponent: Int) -> Double {
        Double(integer) * Double(sign: .plus, exponent: exponent, significand: 1)
    }

    @inline(__always)
    private static func largestMagnitude(
        count: Int,
        threads: Int,
        component: @Sendable (Int) -> Double
    ) throws(ValuationError) -> Double {
        // As integers, magnitudes are in the same order, with infinity and NaN above all numbers.
        let found = Mutex(UInt64(0))
        WorkSplit.forEachRange(of: count, grain: ValuationLimits.blockLength, threads: threads) { range in
            var largest: UInt64 = 0
            for index in range { largest = max(largest, component(index).magnitude.bitPattern) }
            found.withLock { $0 = max($0, largest) }
        }
        let largest = Double(bitPattern: found.withLock { $0 })
        guard largest.isFinite else {
            throw .notFinite(at: (0..<count).first { !component($0).isFinite } ?? 0)
        }
        return largest
    }
}
