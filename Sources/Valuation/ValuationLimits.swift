/// The bounds of this module.
package enum ValuationLimits {
    /// Bits of magnitude that a direction's integers keep: they lie in -2^17...2^17.
    package static let directionBits = 17
    /// Values in a block, 2^12: with 24-bit updates and 17-bit directions every partial sum of a block has at most
    /// 53 bits, which Float64 holds exactly.
    package static let blockLength = 4_096
    /// Magnitude of a direction's exponent, so that no product of two of them leaves the normal numbers of Float64.
    /// Gradients in float32 and steps of any sensible learning rate stay far below. Past it: `overflow`.
    package static let exponentMagnitude = 400
    /// A vector whose remainder is shorter than 2^-16 of it depends on the directions before it: 32 bits of squares.
    package static let dependenceBits = 32
    /// Denominator of a round's weights: 2^29, as in aggregation. Past it: `invalidWeight`.
    package static let totalWeight: Int64 = 1 << 29
    /// Magnitude of a score, 2^62; scores beyond it are saturated there.
    package static let score: Int64 = 1 << 62
    /// Coordinates that a residual sketch samples.
    package static let sketchLength = 4_096
    /// Gap between the sum of the scores and the loss drop, in parts per million of the drop, up to which nobody is
    /// warned. Simpson's rule leaves about 500.
    package static let gapPartsPerMillion: Int64 = 1_000
    /// Gap in 10^-12 nat up to which nobody is warned, however small the drop: 10^-6 nat, what float32 losses leave.
    package static let gapUnits: Int64 = 1_000_000
}
