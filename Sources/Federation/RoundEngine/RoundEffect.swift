package import Attestation
package import Ledger

/// What a round engine wants done, in order. Entries must be durable before a later effect is seen by anyone else
/// (design decision D1: append, then apply, then act).
package enum RoundEffect: Sendable {
    /// Append one entry to the ledger, with the time `RoundEngine.entryTimeMs`.
    case record(EntryBody)
    /// Append what the ledger's rules say is due now: funding, settlement, rewards.
    case recordDue
    /// Tell a cohort to train.
    case invite(Invitation)
    /// Report `deadlinePassed` at that time.
    case setTimer(round: UInt32, atMs: UInt64)
    /// Verify the signature and the update's bytes, and report `checked`.
    case check(ticket: UInt64, contribution: ContributionAccepted)
    /// Add an accepted update to the round's sum.
    case fold(AcceptedContribution)
    /// Forget an update; tell its sender why.
    case refuse(ticket: UInt64, reason: RefusalReason, detail: String)
    /// Average, evaluate and score the round, and report `aggregated`.
    case aggregate(round: UInt32, accepted: [AcceptedContribution])
    /// Drop the round's sum: it had no quorum.
    case abandon(round: UInt32)
    /// Close the task: nothing more will come.
    case finish(rounds: UInt32, model: Digest)
}

/// An invitation to one round.
package struct Invitation: Equatable, Sendable {
    package let round: UInt32
    /// Who is invited, ascending.
    package let cohort: [ParticipantNumber]
    /// The model to train from.
    package let baseModel: Digest
    /// When the round closes, in milliseconds since the Unix epoch.
    package let deadlineMs: UInt64
}

/// A contribution that counts in a round.
package struct AcceptedContribution: Equatable, Sendable {
    package let ticket: UInt64
    package let participant: ParticipantNumber
    /// Examples trained on: the weight in the average.
    package let weight: UInt64
    /// Blob digest of the update.
    package let update: Digest

    package init(ticket: UInt64, participant: ParticipantNumber, weight: UInt64, update: Digest) {
        self.ticket = ticket
        self.participant = participant
        self.weight = weight
        self.update = update
    }
}
