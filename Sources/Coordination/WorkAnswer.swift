package import Attestation

/// What a participant is to do now.
package enum WorkAnswer: Equatable, Sendable {
    /// Train, and contribute before the deadline.
    case train(TrainingOrder)
    /// Send an update's bytes once more.
    case resend(task: Digest, round: UInt32, update: Digest)
    /// Nothing for now.
    case idle(reason: String, allClosed: Bool)
}

/// One participant's part in a round.
package struct TrainingOrder: Equatable, Sendable {
    package let task: Digest
    package let round: UInt32
    package let baseModel: Digest
    package let byteCount: Int
    package let deadlineMs: UInt64
    /// The participant's last accepted statement; zeros for none.
    package let previousContribution: Digest
    package let ledgerRoot: Digest
    /// The entry that moved the task's pool into its escrow or its pool account; its receipt proves the funding. Nil
    /// where the task pays nothing.
    package let fundingSequence: UInt64?
    /// The model before the last change; nil before the first.
    package let previousModel: Digest?
    /// Square of the length up to which an update counts in full; nil where weights are claimed.
    package let boundSquared: UInt128?
}

/// What a participant says when it asks for work.
package struct WorkQuery: Sendable {
    /// Tasks that it will not take part in.
    package let declinedTasks: Set<Digest>
    /// The round that it is at, which is not offered again.
    package let current: (task: Digest, round: UInt32)?

    package init(declinedTasks: Set<Digest> = [], current: (task: Digest, round: UInt32)? = nil) {
        self.declinedTasks = declinedTasks
        self.current = current
    }
}

/// What became of a contribution.
package enum ContributionAnswer: Equatable, Sendable {
    /// It counts; the entry that says so is durable.
    case accepted(sequence: UInt64)
    /// It does not count.
    case refused(reason: String, detail: String)
    /// The update's bytes are not all there: upload them and send it again.
    case incomplete
    /// The coordinator cannot say: ask again.
    case unavailable(String)
}
