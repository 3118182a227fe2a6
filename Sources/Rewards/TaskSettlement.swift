/// How a task's pool is divided, once, at the close.
package struct TaskSettlement: Hashable, Sendable {
    /// Units that the task holds.
    package let pool: UInt64
    /// Units that were earned; 0 where nobody's merit is positive.
    package let payable: UInt64
    /// Units of each participant, in the order of the merits: floor(payable · merit / sum of the positive merits).
    package let payments: [UInt64]
    /// Sum of the payments, at most `payable`.
    package let paid: UInt64

    /// Units that go back to where the pool came from.
    package var returned: UInt64 { pool - paid }

    /// Pays in proportion to the loss drop that was reached: a price per nat. Complexity: O(n).
    ///
    /// - Parameters:
    ///   - lossBefore: loss of the first model on the validation set, in 10⁻¹² nat.
    ///   - lossAfter: loss of the last one.
    ///   - targetDrop: the drop for which the whole pool is paid, at least 1.
    ///   - merits: clamped merits; those below zero are paid nothing.
    package init(pool: UInt64, lossBefore: Int64, lossAfter: Int64, targetDrop: UInt64, merits: [Int64]) {
        precondition(targetDrop > 0, "a target drop is at least 1")
        let drop = UInt128(max(0, Int128(lossBefore) - Int128(lossAfter)))
        self.init(pool: pool, earned: drop, of: UInt128(targetDrop), merits: merits)
    }

    /// Pays in proportion to the rounds that were aggregated. Complexity: O(n).
    ///
    /// - Parameter roundCount: the rounds for which the whole pool is paid, at least 1.
    package init(pool: UInt64, aggregatedRounds: UInt32, roundCount: UInt32, merits: [Int64]) {
        precondition(roundCount > 0, "a task has at least one round")
        self.init(pool: pool, earned: UInt128(aggregatedRounds), of: UInt128(roundCount), merits: merits)
    }

    private init(pool: UInt64, earned: UInt128, of target: UInt128, merits: [Int64]) {
        let total = merits.reduce(UInt128(0)) { $0 + UInt128(max(0, $1)) }
        let payable = total == 0 ? 0 : UInt64(UInt128(pool) * min(earned, target) / target)
        self.pool = pool
        self.payable = payable
        payments = merits.map { total == 0 ? 0 : UInt64(UInt128(payable) * UInt128(max(0, $0)) / total) }
        paid = payments.reduce(0, +)
    }
}
