package import Attestation
import Federation

/// Work that takes long: checking an update, averaging and scoring a round. Jobs of one task run one after the other,
/// in order, off the coordinator's thread; the answer goes to `Coordinator.complete`.
package struct CoordinatorJob: Sendable {
    /// The task that it belongs to: the queue that it runs on.
    package let task: Digest
    private let work: @Sendable () -> CoordinatorJobResult

    init(task: Digest, work: @escaping @Sendable () -> CoordinatorJobResult) {
        self.task = task
        self.work = work
    }

    /// Does the work.
    package func run() -> CoordinatorJobResult { work() }
}

/// What came of a job; opaque outside.
package struct CoordinatorJobResult: Sendable {
    enum Outcome: Sendable {
        case checked(ticket: UInt64, Result<UpdateVerdict, CoordinationError>)
        case folded(AcceptedContribution, round: UInt32, Result<Bool, CoordinationError>)
        case aggregated(Result<RoundResult, CoordinationError>)
        case done(Result<Void, CoordinationError>)
    }

    let task: Digest
    /// Of the running task that gave out the job: answers to a task that was taken up anew are dropped.
    let generation: UInt64
    let outcome: Outcome
}
