import Attestation
import Ledger

/// A round that takes contributions, and what it has so far.
struct OpenRound: Sendable {
    /// A contribution whose signature and bytes are being checked.
    struct PendingCheck: Sendable {
        /// The entry that accepts it, if the check does.
        let entry: ContributionAccepted
        let participant: ParticipantNumber
    }

    let number: UInt32
    let cohort: Set<ParticipantNumber>
    let baseModel: Digest
    let deadlineMs: UInt64
    /// By participant: one contribution each.
    var accepted: [ParticipantNumber: AcceptedContribution] = [:]
    /// Sum of the accepted sample counts.
    var acceptedWeight: UInt64 = 0
    /// By ticket; at most `FederationLimits.checksInFlight`.
    var pending: [UInt64: PendingCheck] = [:]
    /// The deadline has passed; what is still being checked decides.
    var isClosing = false
}
