import Attestation
import Federation
import Ledger

/// A task that is open: its engine, its heavy work, and who waits for an answer.
///
/// Owned by the coordinator; a class, so that effects can change it while the coordinator's table holds it.
final class RunningTask {
    /// A contribution whose check is under way.
    struct PendingContribution {
        let contribution: SignedContribution
        let participant: PublicKey
        let update: Digest
        var replies: [@Sendable (ContributionAnswer) -> Void]
    }

    let id: Digest
    /// The terms that the ledger has of it.
    let terms: TaskTerms
    let configuration: TaskConfiguration
    let blob: ParameterBlob
    let computation: TaskComputation
    /// Answers to jobs of an earlier run of the task are dropped.
    let generation: UInt64
    var engine: RoundEngine
    /// The open round as it was announced; nil between rounds.
    var invitation: Federation.Invitation?
    /// Participants of the open round whose contribution was accepted.
    var accepted: Set<ParticipantNumber> = []
    /// By ticket.
    var pending: [UInt64: PendingContribution] = [:]
    /// The ticket of each contribution whose check is under way: of these bytes with this signature, so that a forger
    /// of one is not taken for its author.
    var ticketOfContribution: [SignedContribution: UInt64] = [:]
    /// Accepted, but their bytes are gone: to be sent again.
    var missing: [ParticipantNumber: AcceptedContribution] = [:]
    /// A round that is full but cannot be averaged before what is missing came again.
    var heldAggregation: (round: UInt32, accepted: [AcceptedContribution])?
    /// Folds that were given out and not yet answered.
    var foldsUnderway = 0
    var isAggregating = false
    /// When the open round closes.
    var deadlineMs: UInt64?
    /// Participants whose consent does not cover the task.
    var declined: Set<ParticipantNumber> = []
    /// No round was opened since the start: whoever reconnects is waited for until then.
    var gatherUntilMs: UInt64?
    var hasOpenedRound = false
    /// The round that the ledger shows open is being taken up.
    var isResuming = false
    /// Why the task is to end, once it is; kept while it stands still.
    var closing: TaskClosed.Reason?
    /// Why the task stands still, if it does.
    var failure: CoordinationError?
    /// When it is taken up anew, if what failed may have passed.
    var retryAtMs: UInt64?
    var lastSealed: RoundSealed?
    var lastScores: [ContributionScore] = []

    init(
        id: Digest, terms: TaskTerms, configuration: TaskConfiguration, blob: ParameterBlob,
        computation: TaskComputation,
        engine: RoundEngine, generation: UInt64
    ) {
        self.id = id
        self.terms = terms
        self.configuration = configuration
        self.blob = blob
        self.computation = computation
        self.engine = engine
        self.generation = generation
    }

    /// The round whose accepted updates are being gathered, open or full.
    var heldRound: UInt32? { heldAggregation?.round ?? invitation?.round }

    /// Whether a participant is to train now.
    func wants(_ number: ParticipantNumber) -> Bool {
        guard let invitation, failure == nil, !isAggregating, heldAggregation == nil else { return false }
        return !accepted.contains(number) && !declined.contains(number) && isInvited(number, invitation)
    }

    private func isInvited(_ number: ParticipantNumber, _ invitation: Federation.Invitation) -> Bool {
        // The cohort is ascending.
        var lower = 0
        var upper = invitation.cohort.count
        while lower < upper {
            let middle = (lower + upper) / 2
            if invitation.cohort[middle] < number { lower = middle + 1 } else { upper = middle }
        }
        return lower < invitation.cohort.count && invitation.cohort[lower] == number
    }
}
