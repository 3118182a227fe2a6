package import Attestation

/// Ends a task; what its escrow and its pool still hold goes back.
package struct TaskClosed: Hashable, Sendable {
    package let task: Digest
    /// Rounds sealed, with or without quorum.
    package let rounds: UInt32
    /// Blob digest of the final model.
    package let model: Digest

    package init(task: Digest, rounds: UInt32, model: Digest) {
        self.task = task
        self.rounds = rounds
        self.model = model
    }
}
