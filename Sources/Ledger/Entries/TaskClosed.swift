package import Attestation

/// Ends a task: what its escrow and its pool still hold goes back.
package struct TaskClosed: Hashable, Sendable {
    /// Why a task ends.
    package enum Reason: Sendable, CaseIterable {
        /// Every round was run, or the accuracy was reached at which the task's file stops it.
        case completed
        /// The operator ended it.
        case byOperator
        /// Its time was over.
        case closeBy
        /// Three rounds in a row diverged.
        case diverged
    }

    package let task: Digest
    /// Rounds sealed, with or without quorum.
    package let rounds: UInt32
    /// Blob digest of the final model; zeros in version 2 if no round was opened.
    package let model: Digest
    /// Version 2: why the task ends.
    package let reason: Reason?
    /// Version 2: what the task's terms committed to.
    package let secret: TaskSecret?

    package init(task: Digest, rounds: UInt32, model: Digest, reason: Reason? = nil, secret: TaskSecret? = nil) {
        self.task = task
        self.rounds = rounds
        self.model = model
        self.reason = reason
        self.secret = secret
    }
}
