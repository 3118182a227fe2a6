/// The bounds of this module.
package enum ValuationLimits {
    /// Bits of magnitude that a direction's integers keep: they lie in -2^17...2^17.
    package static let directionBits = 17
    /// Values in a block, 2^12: with 24-bit updates and 17-bit directions every partial sum of a block has at most
    /// 53 bits, which Float64 holds exactly.
    package static let blockLength = 4_096
    /// Total weight of a round's updates: 2^29, as in aggregation. Past it: `invalidWeight`.
    package static let totalWeight: Int64 = 1 << 29
    /// Gap between the sum of the scores and the loss drop, in parts per million of the drop, up to which nobody is
    /// warned. Simpson's rule leaves about 500.
    package static let gapPartsPerMillion: Int64 = 1_000
    /// Gap in 10^-12 nat up to which nobody is warned, however small the drop: 10^-6 nat, what float32 losses leave.
    package static let gapUnits: Int64 = 1_000_000
}
