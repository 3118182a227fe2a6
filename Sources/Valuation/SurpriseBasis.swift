internal import Tensors

/// The directions that the last scored rounds span, each in 17-bit integers: what an update is no longer paid for.
///
/// Built by Gram-Schmidt in integers: a vector's projections on the directions before it are removed, in order, twice
/// over; what is left is rounded to 17 bits. A second pass takes what rounding left of the first. A vector of which
/// less than 2^-16 is left depends on those before it and is dropped. `Protocols/scores.md` has every operation.
///
/// It depends on earlier rounds alone, so it can be made while a round is open. Memory: 4 bytes a value and direction.
package struct SurpriseBasis: Sendable {
    /// Number of values of one vector.
    package let count: Int
    /// The directions, in the order that they are removed in.
    private(set) var directions: [BasisDirection] = []

    /// A basis of nothing.
    package init(count: Int) {
        self.count = count
    }

    /// Number of directions.
    package var directionCount: Int { directions.count }

    /// Adds the direction that a vector has beside those before it, if any is left.
    ///
    /// The order matters to the last bit: the scored steps newest first, then the echoes newest first.
    /// Complexity: O(`count` · `directionCount`), 8 bytes a value while it runs.
    ///
    /// - Parameters:
    ///   - vector: a step or an echo.
    ///   - threads: most threads to use; the directions are the same bits.
    /// - Returns: whether there is a new direction: false for a vector of zeros, and for a dependent one.
    /// - Throws: `ValuationError` with code `wrongCount`, `notFinite` or `overflow`; nothing is added then.
    @discardableResult
    package mutating func append(_ vector: Span<Double>, threads: Int = 1) throws(ValuationError) -> Bool {
        guard vector.count == count else {
            throw ValuationError(.wrongCount, "a vector of \(vector.count) values in a basis of \(count)")
        }
        var remainder = try vector.withUnsafeBufferPointer { values throws(ValuationError) in
            nonisolated(unsafe) let values = values
            return try Remainder(count: count, threads: threads) { values[$0] }
        }
        let whole = try remainder.removeTwice(directions)
        guard whole.integer > 0 else { return false }
        let rounded = remainder.rounded()
        guard !rounded.length.isNegligible(beside: whole) else { return false }
        directions.append(BasisDirection(rounded))
        return true
    }
}

/// One direction of a basis, shared by the copies of it.
final class BasisDirection: Sendable {
    let direction: IntegerDirection
    /// Σ q̂², above 0.
    let squaredNorm: Int128

    init(_ rounded: consuming RoundedVector) {
        squaredNorm = rounded.length.integer
        direction = rounded.direction
    }
}

/// The squared length of an integer direction: integer · 2^-(2 · exponent).
struct SquaredLength {
    let integer: Int128
    let exponent: Int

    /// Whether it is zero, or below 2^-32 of another that is not zero. Compared in integers.
    func isNegligible(beside other: Self) -> Bool {
        guard integer > 0 else { return true }
        let (left, right) = (UInt128(integer), UInt128(other.integer))
        // left · 2^shift < right
        let shift = ValuationLimits.dependenceBits + 2 * (other.exponent - exponent)
        if shift >= 0 { return shift < left.leadingZeroBitCount && left << UInt128(shift) < right }
        return -shift >= right.leadingZeroBitCount || left < right << UInt128(-shift)
    }
}
