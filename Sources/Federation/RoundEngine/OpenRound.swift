import Attestation
import Ledger
import Rewards

/// A round that takes contributions, and what it has so far.
struct OpenRound: Sendable {
    /// A contribution whose signature and bytes are being checked.
    struct PendingCheck: Sendable {
        /// The statement as it came.
        let contribution: SignedContribution
        let statement: ContributionStatement
        let participant: ParticipantNumber
    }

    let number: UInt32
    let cohort: Set<ParticipantNumber>
    let baseModel: Digest
    let deadlineMs: UInt64
    /// Square of the longest update that counts in full, in squares of the grid's unit; nil where weights are claimed.
    let boundSquared: UInt128?
    /// Units in force, where they are not the ordinary number.
    let units: [ParticipantNumber: UInt32]
    /// By participant: one contribution each.
    var accepted: [ParticipantNumber: AcceptedContribution] = [:]
    /// Digests of the accepted updates: each may be used once.
    var acceptedUpdates: Set<Digest> = []
    /// Sum of the accepted effective weights.
    var acceptedWeight: UInt64 = 0
    /// Sum of the accepted participants' units.
    var acceptedUnits: UInt64 = 0
    /// By ticket; at most `FederationLimits.checksInFlight`.
    var pending: [UInt64: PendingCheck] = [:]
    /// The deadline has passed; what is still being checked decides.
    var isClosing = false

    /// The units of a participant.
    func units(of participant: ParticipantNumber) -> UInt32 { units[participant] ?? Units.ordinary }

    /// Norms and units of the accepted updates, for the next round's bound.
    var norms: [UpdateNorm] {
        accepted.values.sorted { $0.participant < $1.participant }
            .map { UpdateNorm(squared: $0.squaredNorm, units: $0.units) }
    }

    /// Counts a contribution.
    mutating func accept(_ contribution: AcceptedContribution) {
        accepted[contribution.participant] = contribution
        acceptedUpdates.insert(contribution.update)
        acceptedWeight += contribution.weight
        acceptedUnits += UInt64(contribution.units)
    }
}
