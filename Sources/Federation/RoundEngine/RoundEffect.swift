package import Attestation
package import Ledger

/// What a round engine wants done, in order. Entries must be durable before a later effect is seen by anyone else
/// (decision 0013: append, then apply, then act).
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
    case check(ticket: UInt64, contribution: SignedContribution, statement: ContributionStatement)
    /// Add an accepted update to the round's sum.
    case fold(AcceptedContribution)
    /// Forget an update; tell its sender why.
    case refuse(ticket: UInt64, reason: RefusalReason, detail: String)
    /// Average, evaluate and score the round, and report `aggregated`.
    case aggregate(round: UInt32, accepted: [AcceptedContribution])
    /// Drop the round's sum: it had no quorum.
    case abandon(round: UInt32)
    /// Close the task: nothing more will come.
    case finish(rounds: UInt32, model: Digest, reason: TaskClosed.Reason)
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
    /// Its integer weight in the sum: units times 4096, less for an update longer than the round's bound.
    package let weight: UInt64
    /// Units that admission gave the participant.
    package let units: UInt32
    /// The update's squared length, in squares of the grid's unit.
    package let squaredNorm: UInt128
    /// Examples that the participant says it trained on.
    package let sampleCount: UInt64
    /// Blob digest of the update.
    package let update: Digest

    package init(
        ticket: UInt64, participant: ParticipantNumber, weight: UInt64, units: UInt32, squaredNorm: UInt128,
        sampleCount: UInt64, update: Digest
    ) {
        self.ticket = ticket
        self.participant = participant
        self.weight = weight
        self.units = units
        self.squaredNorm = squaredNorm
        self.sampleCount = sampleCount
        self.update = update
    }

    /// A contribution as a replay of the ledger gives it.
    package init(ticket: UInt64, participant: ParticipantNumber, _ accepted: RoundState.Accepted) {
        self.init(
            ticket: ticket, participant: participant, weight: accepted.weight, units: accepted.units,
            squaredNorm: accepted.squaredNorm ?? 0, sampleCount: accepted.samples, update: accepted.update)
    }
}
