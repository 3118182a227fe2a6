/// Divides a pool among scores.
package enum RewardAllocation {
    /// Each positive score's share of the pool, rounded down; the remainder is carried to the next epoch.
    ///
    /// amount_i = floor(pool · s_i / Σ s), with scores below zero taken as zero, products in 128 bits. The floor of a
    /// sum is at least the sum of the floors, so nobody gains by splitting a score among several names; with largest
    /// remainders some do (research/ledger-incentives.md, section 4.2). Complexity: O(n).
    ///
    /// - Returns: an amount for each score, and what is left: their sum is the pool.
    package static func floorAndCarry(pool: UInt64, scores: [Int64]) -> (amounts: [UInt64], carried: UInt64) {
        var total: UInt128 = 0
        for score in scores where score > 0 { total += UInt128(score) }
        guard total > 0 else { return ([UInt64](repeating: 0, count: scores.count), pool) }
        var carried = pool
        let amounts = scores.map { score -> UInt64 in
            guard score > 0 else { return 0 }
            let amount = UInt64(UInt128(pool) * UInt128(score) / total)
            carried -= amount
            return amount
        }
        return (amounts, carried)
    }
}
