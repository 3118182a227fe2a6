/// The weight of one update: the participant's units times a factor that shortens updates longer than the bound.
package struct EffectiveWeight: Hashable, Sendable {
    /// A factor of one: what an update within the bound has.
    package static let one: UInt64 = 4_096
    /// The largest factor whose product with the update's norm is within the bound, from 0 to `one`.
    package let factor: UInt64
    /// Units times factor. An update of weight 0 is accepted and adds nothing.
    package let value: UInt64

    /// The weight of an update of that norm. Complexity: O(1).
    ///
    /// The factor f is the largest integer with f² · norm ≤ 2²⁴ · bound, and at most `one`.
    ///
    /// - Parameter boundSquared: at most 9/4 of 2⁹⁶, in squares of the grid's unit.
    package init(norm: UpdateNorm, boundSquared: UInt128) {
        precondition(boundSquared >> 98 == 0, "a squared bound has at most 98 bits")
        factor =
            norm.squared <= boundSquared
            ? Self.one : ((boundSquared << 24) / norm.squared).squareRoot
        value = UInt64(norm.units) * factor
    }

    /// What an update weighs in a round: units shortened by the bound, or without a bound the stated examples.
    package static func value(of norm: UpdateNorm, boundSquared: UInt128?, samples: UInt64) -> UInt64 {
        guard let boundSquared else { return samples }
        return EffectiveWeight(norm: norm, boundSquared: boundSquared).value
    }

    /// What a round's sums are divided by: `one` times the units of all accepted updates, shortened or not.
    package static func denominator(units: UInt64) -> UInt64 { one * units }
}

extension UInt128 {
    /// The square root rounded down, of a number below 2²⁴: its Float64 root is exact enough to round down.
    fileprivate var squareRoot: UInt64 { UInt64(Double(UInt64(self)).squareRoot()) }
}

/// How much participants count, which the one who admits them decides.
package enum Units {
    /// What may be assigned.
    package static let allowed: ClosedRange<UInt32> = 1...8
    /// Units of a participant to whom none were assigned.
    package static let ordinary: UInt32 = 4
    /// Most units of one round: with 24 bits of value its exact sums fit a Float64.
    package static let roundTotal: UInt64 = 1 << 17
}
