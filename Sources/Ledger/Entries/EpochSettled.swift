package import Attestation

/// Closes an epoch: what its pool held, what is paid out of it, and what floor division carries forward.
package struct EpochSettled: Hashable, Sendable {
    package let task: Digest
    /// From 1.
    package let epoch: UInt32
    package let lastRound: UInt32
    /// Units in the pool.
    package let pool: UInt64
    /// Sum of the rewards that follow.
    package let paid: UInt64
    /// `pool - paid`.
    package let carried: UInt64

    package init(task: Digest, epoch: UInt32, lastRound: UInt32, pool: UInt64, paid: UInt64, carried: UInt64) {
        self.task = task
        self.epoch = epoch
        self.lastRound = lastRound
        self.pool = pool
        self.paid = paid
        self.carried = carried
    }
}
