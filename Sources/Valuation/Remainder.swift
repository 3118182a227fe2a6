internal import Synchronization
internal import Tensors

/// A Float64 vector from which directions are removed, one after the other.
///
/// Removing a direction q from v takes v̂, the 17-bit integers of v (`IntegerDirection`), and
/// c = f64(⟨v̂,q̂⟩) / f64(⟨q̂,q̂⟩) · 2^(e_q - e_v); then vⱼ becomes vⱼ - c·(q̂ⱼ·2^-e_q), a product and a difference in
/// Float64. Powers of two are exact here, so the factor is taken as one: c·2^-e_q.
///
/// The sweep that removes a direction also takes the dot product for the next one, with the exponent that v had before.
/// Removing a direction seldom changes the exponent; where it does, the dot product is taken again.
struct Remainder: ~Copyable {
    private var values: [Double]
    private var exponent: Int
    private let threads: Int

    /// Values that are worked on while they are in the first-level cache.
    private static let tileLength = 1_024

    /// The vector of so many values.
    ///
    /// - Parameter component: the value at an index; called once for each, concurrently.
    /// - Throws: `ValuationError` with code `notFinite`, naming the first such index, or `overflow`.
    @inline(__always)
    init(count: Int, threads: Int, component: @Sendable (Int) -> Double) throws(ValuationError) {
        self.threads = threads
        let found = Mutex(UInt64(0))
        values = [Double](unsafeUninitializedCapacity: count) { target, initialized in
            nonisolated(unsafe) let target = target
            WorkSplit.forEachRange(of: count, grain: ValuationLimits.blockLength, threads: threads) { range in
                // As integers, magnitudes are in the same order, with infinity and NaN above all numbers.
                var largest: UInt64 = 0
                for index in range {
                    let value = component(index)
                    target.initializeElement(at: index, to: value)
                    largest = max(largest, value.magnitude.bitPattern)
                }
                found.withLock { $0 = max($0, largest) }
            }
            initialized = count
        }
        let largest = Double(bitPattern: found.withLock { $0 })
        guard largest.isFinite else { throw .notFinite(at: values.firstIndex { !$0.isFinite } ?? 0) }
        exponent = try IntegerDirection.exponent(ofLargest: largest)
    }

    /// Removes all directions in order, and then all of them once more.
    ///
    /// - Returns: the squared length of the vector's integers before.
    /// - Throws: `ValuationError` with code `overflow`.
    @discardableResult
    mutating func removeTwice(_ directions: [BasisDirection]) throws(ValuationError) -> SquaredLength {
        var products = dotProducts(with: directions.first)
        let whole = SquaredLength(integer: products.own, exponent: exponent)
        let sequence = directions + directions
        for (index, removed) in sequence.enumerated() {
            let next = index + 1 < sequence.count ? sequence[index + 1] : nil
            guard products.other != 0 else {
                // The factor is zero, so nothing changes.
                products = dotProducts(with: next)
                continue
            }
            let ratio = Double(products.other) / Double(removed.squaredNorm)
            let factor = ratio * Double(sign: .plus, exponent: -exponent, significand: 1)
            let swept = subtract(factor, removed, next: next)
            let changed = try IntegerDirection.exponent(ofLargest: swept.largest)
            if changed == exponent {
                products.other = swept.product
            } else {
                exponent = changed
                products = dotProducts(with: next)
            }
        }
        return whole
    }

    /// The vector in 17-bit integers, and their squared length.
    borrowing func rounded() -> RoundedVector {
        var integers = ParameterBuffer(unwritten: values.count)
        let (scale, threads) = (scale, threads)
        let total = Mutex(Int128(0))
        integers.withUnsafeMutableValues { integers in
            nonisolated(unsafe) let integers = integers
            values.withUnsafeBufferPointer { values in
                nonisolated(unsafe) let values = values
                Self.forEachTile(of: values.count, threads: threads, into: total) { tile in
                    guard let target = integers.baseAddress, let source = values.baseAddress else { return 0 }
                    let integers = target + tile.lowerBound
                    Self.round(source + tile.lowerBound, scale, count: tile.count, to: integers)
                    return Int64(DotMethod.fusedBlock(integers, integers, integers, count: tile.count).gradient)
                }
            }
        }
        return RoundedVector(
            direction: IntegerDirection(integers: integers, exponent: exponent),
            length: SquaredLength(integer: total.withLock { $0 }, exponent: exponent)
        )
    }

    private var scale: Double { Double(sign: .plus, exponent: exponent, significand: 1) }
}

extension Remainder {
    /// Dot products of the vector's integers with a direction, 0 for none, and with themselves.
    private borrowing func dotProducts(with other: BasisDirection?) -> (other: Int128, own: Int128) {
        let (scale, threads) = (scale, threads)
        nonisolated(unsafe) let direction = other?.direction.integers.withUnsafeValues { $0.baseAddress }
        let total = Mutex((other: Int128(0), own: Int128(0)))
        values.withUnsafeBufferPointer { values in
            guard let source = values.baseAddress else { return }
            nonisolated(unsafe) let start = source
            WorkSplit.forEachRange(of: values.count, grain: ValuationLimits.blockLength, threads: threads) { range in
                let part = Self.dotProducts(start, scale, with: direction, in: range)
                total.withLock { $0 = ($0.other + part.other, $0.own + part.own) }
            }
        }
        withExtendedLifetime(other) {}
        let found = total.withLock { $0 }
        return (other == nil ? 0 : found.other, found.own)
    }

    private static func dotProducts(
        _ values: UnsafePointer<Double>,
        _ scale: Double,
        with direction: UnsafePointer<Float>?,
        in range: Range<Int>
    ) -> (other: Int128, own: Int128) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: tileLength) { tile in
            guard let integers = tile.baseAddress else { return (0, 0) }
            var sums = (other: Int128(0), own: Int128(0))
            for start in stride(from: range.lowerBound, to: range.upperBound, by: tileLength) {
                let count = min(tileLength, range.upperBound - start)
                round(values + start, scale, count: count, to: integers)
                let other = direction.map { $0 + start } ?? UnsafePointer(integers)
                // A product has at most 34 bits and a tile 2^10 of them: exact.
                let products = DotMethod.fusedBlock(integers, other, integers, count: count)
                sums.other += Int128(Int64(products.gradient))
                sums.own += Int128(Int64(products.second))
            }
            return sums
        }
    }

    /// Subtracts a direction's integers times a factor from the vector.
    ///
    /// - Returns: the largest magnitude after that, and the dot product of the vector's integers, by the exponent from
    ///   before, with the next direction, 0 for none.
    private mutating func subtract(
        _ factor: Double,
        _ removed: BasisDirection,
        next: BasisDirection?
    ) -> (largest: Double, product: Int128) {
        let (scale, threads, count) = (scale, threads, values.count)
        nonisolated(unsafe) let direction = removed.direction.integers.withUnsafeValues { $0.baseAddress }
        nonisolated(unsafe) let other = next?.direction.integers.withUnsafeValues { $0.baseAddress }
        let total = Mutex((largest: 0.0, product: Int128(0)))
        values.withUnsafeMutableBufferPointer { values in
            guard let start = values.baseAddress else { return }
            nonisolated(unsafe) let base = start
            WorkSplit.forEachRange(of: count, grain: ValuationLimits.blockLength, threads: threads) { range in
                guard let direction else { return }
                let part = Self.subtract(factor, direction, from: base, in: range, scale: scale, next: other)
                total.withLock { $0 = (max($0.largest, part.largest), $0.product + part.product) }
            }
        }
        withExtendedLifetime((removed, next)) {}
        return total.withLock { $0 }
    }

    private static func subtract(
        _ factor: Double,
        _ direction: UnsafePointer<Float>,
        from values: UnsafeMutablePointer<Double>,
        in range: Range<Int>,
        scale: Double,
        next: UnsafePointer<Float>?
    ) -> (largest: Double, product: Int128) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: tileLength) { tile in
            guard let integers = tile.baseAddress else { return (0, 0) }
            var extremes = Extremes()
            var product: Int128 = 0
            for start in stride(from: range.lowerBound, to: range.upperBound, by: tileLength) {
                let count = min(tileLength, range.upperBound - start)
                let (target, source) = (values + start, direction + start)
                for index in 0..<count { target[index] -= factor * Double(source[index]) }
                extremes.add(target, count: count)
                guard let next else { continue }
                round(target, scale, count: count, to: integers)
                // If the vector grew, products may pass 34 bits; then the result is not used.
                let sum = DotMethod.fusedBlock(integers, next + start, next + start, count: count).gradient
                product += Int128(Int64(exactly: sum) ?? 0)
            }
            return (extremes.largestMagnitude, product)
        }
    }

    /// Rounds a tile to integers, nearest with ties to even.
    @inline(__always)
    private static func round(
        _ values: UnsafePointer<Double>, _ scale: Double, count: Int, to integers: UnsafeMutablePointer<Float>
    ) {
        let rounder = IntegerDirection.rounder
        for index in 0..<count { integers[index] = Float((values[index] * scale + rounder) - rounder) }
    }

    /// Adds up what `body` gives for each tile.
    private static func forEachTile(
        of count: Int, threads: Int, into total: borrowing Mutex<Int128>, _ body: @Sendable (Range<Int>) -> Int64
    ) {
        WorkSplit.forEachRange(of: count, grain: ValuationLimits.blockLength, threads: threads) { range in
            var sum: Int128 = 0
            for start in stride(from: range.lowerBound, to: range.upperBound, by: tileLength) {
                sum += Int128(body(start..<min(start + tileLength, range.upperBound)))
            }
            total.withLock { $0 += sum }
        }
    }
}

/// A vector in 17-bit integers, and their squared length.
struct RoundedVector: ~Copyable {
    let direction: IntegerDirection
    let length: SquaredLength
}

/// The least and the largest of finite values, in vector registers.
private struct Extremes {
    private var high = SIMD8<Double>()
    private var low = SIMD8<Double>()

    @inline(__always)
    mutating func add(_ values: UnsafePointer<Double>, count: Int) {
        let start = UnsafeRawPointer(values)
        var index = 0
        while index + 8 <= count {
            let block = start.loadUnaligned(fromByteOffset: 8 * index, as: SIMD8<Double>.self)
            high.replace(with: block, where: block .> high)
            low.replace(with: block, where: block .< low)
            index += 8
        }
        while index < count {
            high[0] = max(high[0], values[index])
            low[0] = min(low[0], values[index])
            index += 1
        }
    }

    var largestMagnitude: Double { max(high.max(), -low.min()) }
}
