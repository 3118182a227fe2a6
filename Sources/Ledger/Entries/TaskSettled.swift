package import Attestation

/// Says what a task pays, all of it derived from the entries before. Version 2.
package struct TaskSettled: Hashable, Sendable {
    package let task: Digest
    /// Loss of the first model on the validation set, in 10^-12 nat; 0 if no round was aggregated.
    package let lossBefore: Int64
    /// Loss of the last model.
    package let lossAfter: Int64
    /// Units that the task holds.
    package let pool: UInt64
    /// Units earned.
    package let payable: UInt64
    /// Units paid; what division leaves goes back.
    package let paid: UInt64

    package init(task: Digest, lossBefore: Int64, lossAfter: Int64, pool: UInt64, payable: UInt64, paid: UInt64) {
        self.task = task
        self.lossBefore = lossBefore
        self.lossAfter = lossAfter
        self.pool = pool
        self.payable = payable
        self.paid = paid
    }
}
