package import Attestation
package import Coordination
internal import Ledger

extension CoordinatorHost {
    /// Figures for `/metrics` and `CoordinatorInfo`.
    package struct Figures: Sendable {
        package let entries: UInt64
        /// Those before the first open round's contributions.
        package let visibleEntries: UInt64
        package let participants: Int
        package let available: Int
        package let parked: Int
        package let commits: UInt64
        package let commitMs: Double
        package let isEveryTaskClosed: Bool
    }

    package func figures() -> Figures {
        Figures(
            entries: coordinator.entryCount, visibleEntries: coordinator.visibleEntryCount,
            participants: coordinator.participantCount,
            available: coordinator.availableCount(nowMs: parts.nowMs()), parked: polls.count, commits: commitCount,
            commitMs: commitMs, isEveryTaskClosed: coordinator.isEveryTaskClosed)
    }

    package func tasks() -> [TaskStatus] { coordinator.tasks(nowMs: parts.nowMs()) }

    package func taskText(_ task: Digest) -> [UInt8]? { coordinator.taskText(task) }

    package func participants() -> [ParticipantStatus] { coordinator.participants(nowMs: parts.nowMs()) }

    package func number(of key: PublicKey) -> UInt32? { coordinator.number(of: key) }

    /// The task that a model belongs to, whether it is closed, and whether a key is a participant's, who may see it
    /// before that.
    package func model(
        _ digest: Digest, for key: PublicKey
    ) -> (task: Digest, isClosed: Bool, isForParticipant: Bool)? {
        guard let task = coordinator.taskOfModel(digest) else { return nil }
        return (task, coordinator.isClosed(task), coordinator.number(of: key) != nil)
    }

    /// Those of some tasks that are closed.
    package func closed(among tasks: [Digest]) -> [Digest] { tasks.filter { coordinator.isClosed($0) } }

    package func account(of key: PublicKey) throws(CoordinationError) -> AccountStatus {
        try coordinator.account(of: key)
    }

    /// An entry with the proof that the log has it.
    ///
    /// - Parameter key: who asks; nil for the operator, who may see entries of open rounds.
    package func receipt(sequence: UInt64, for key: PublicKey?) throws(CoordinationError) -> String {
        try command { _ throws(CoordinationError) in try coordinator.receipt(sequence: sequence, for: key) }
    }

    /// The proof that a task's pool is set aside.
    package struct FundingProof: Sendable {
        /// The entry that moved it.
        package let sequence: UInt64
        /// C2SP tlog-proof text.
        package let receipt: String
    }

    /// The proof that the pool of an order's task is set aside; nil where it pays nothing. Made once for each task.
    package func funding(of order: TrainingOrder) throws(CoordinationError) -> FundingProof? {
        guard let sequence = order.fundingSequence else { return nil }
        if let known = fundings[order.task], known.sequence == sequence { return known }
        let proof = FundingProof(sequence: sequence, receipt: try receipt(sequence: sequence, for: nil))
        fundings[order.task] = proof
        return proof
    }

    /// The signed head of the whole log.
    package func checkpoint() throws(CoordinationError) -> String {
        try command { _ throws(CoordinationError) in try coordinator.checkpoint() }
    }

    /// Signs the head of what was written since the last one, and keeps it; nothing where there is nothing new.
    package func keepHead() {
        guard !isStopping else { return }
        _ = try? checkpoint()
    }

    /// The signed head over the entries that may be shown to everybody.
    package func visibleCheckpoint() throws(CoordinationError) -> String {
        try command { _ throws(CoordinationError) in try coordinator.visibleCheckpoint() }
    }

    /// Entries from a place on, at most so many and so many bytes, and the number of those that may be read now.
    package func entries(
        from first: UInt64, count: Int, byteCount: Int = .max
    ) throws(CoordinationError) -> (entries: [[UInt8]], size: UInt64) {
        let all = try command { _ throws(CoordinationError) in try coordinator.entries(from: first, count: count) }
        var total = 0
        let fitting = all.prefix { entry in
            total += entry.count + 8
            return total <= byteCount
        }
        return (Array(fitting), coordinator.visibleEntryCount)
    }
}
