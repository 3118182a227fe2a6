package import Attestation
package import Federation
package import Ledger

/// What a coordinator tells those who watch it: logs, metrics, events and parked requests. Everything that a notice
/// says is durable when it is given.
package enum CoordinatorNotice: Sendable {
    /// These participants' `work` may have another answer now; nil: anybody's.
    case workChanged([PublicKey]?)
    case participantRegistered(ParticipantNumber, PublicKey, label: String)
    case taskOpened(Digest, name: String)
    case roundOpened(task: Digest, Federation.Invitation)
    case contributionAccepted(task: Digest, round: UInt32, AcceptedContribution, sequence: UInt64)
    case contributionRefused(task: Digest, round: UInt32, PublicKey?, RefusalReason, detail: String)
    case roundSealed(task: Digest, RoundSealed, scores: [ContributionScore])
    /// A round's exact metrics and scores, at the task's close.
    case roundRevealed(task: Digest, RoundRevealed, scores: [ContributionScore])
    /// The task was settled; its rewards follow.
    case taskSettled(task: Digest, TaskSettled)
    case rewarded(task: Digest, Transfer)
    case taskClosed(task: Digest, TaskClosed)
    /// A participant missed too many rounds and is left out until then.
    case ejected(ParticipantNumber, untilMs: UInt64)
    /// A task cannot go on; the operator must look.
    case taskFailed(task: Digest, CoordinationError)
}
