package import Attestation
package import Coordination
internal import Ledger

extension CoordinatorHost {
    /// Figures for `/metrics` and `CoordinatorInfo`.
    package struct Figures: Sendable {
        package let entries: UInt64
        package let participants: Int
        package let available: Int
        package let parked: Int
        package let commits: UInt64
        package let commitMs: Double
        package let isEveryTaskClosed: Bool
    }

    package func figures() -> Figures {
        Figures(
            entries: coordinator.entryCount, participants: coordinator.participantCount,
            available: coordinator.availableCount(nowMs: parts.nowMs()), parked: polls.count, commits: commitCount,
            commitMs: commitMs, isEveryTaskClosed: coordinator.isEveryTaskClosed)
    }

    package func tasks() -> [TaskStatus] { coordinator.tasks(nowMs: parts.nowMs()) }

    package func taskText(_ task: Digest) -> [UInt8]? { coordinator.taskText(task) }

    package func participants() -> [ParticipantStatus] { coordinator.participants(nowMs: parts.nowMs()) }

    package func number(of key: PublicKey) -> UInt32? { coordinator.number(of: key) }

    package func taskOfModel(_ digest: Digest) -> Digest? { coordinator.taskOfModel(digest) }

    package func account(of key: PublicKey) throws(CoordinationError) -> AccountStatus {
        try coordinator.account(of: key)
    }

    package func receipt(sequence: UInt64) throws(CoordinationError) -> String {
        try command { _ throws(CoordinationError) in try coordinator.receipt(sequence: sequence) }
    }

    package func checkpoint() throws(CoordinationError) -> String {
        try command { _ throws(CoordinationError) in try coordinator.checkpoint() }
    }

    /// Entries from a place on, at most so many and so many bytes, and the ledger's size.
    package func entries(
        from first: UInt64, count: Int, byteCount: Int = .max
    ) throws(CoordinationError) -> (entries: [[UInt8]], size: UInt64) {
        let all = try command { _ throws(CoordinationError) in try coordinator.entries(from: first, count: count) }
        var total = 0
        let fitting = all.prefix { entry in
            total += entry.count + 8
            return total <= byteCount
        }
        return (Array(fitting), coordinator.entryCount)
    }
}
