package import Attestation

/// A round that is open, or sealed and waiting for its scores.
package struct RoundState: Hashable, Sendable {
    /// A contribution that counts.
    package struct Accepted: Hashable, Sendable {
        package let samples: UInt64
        /// Blob digest of the update.
        package let update: Digest
        /// SHA-256 of the statement's bytes.
        package let statement: Digest
    }

    /// From 1.
    package let number: UInt32
    package let baseModel: Digest
    package let deadlineMs: UInt64
    /// Ascending.
    package let cohort: [ParticipantNumber]
    package internal(set) var accepted: [ParticipantNumber: Accepted] = [:]
    /// Sum of the accepted sample counts.
    package internal(set) var totalWeight: UInt64 = 0
    /// Set once the round is sealed with enough contributions: scores come next.
    package internal(set) var sealed: RoundSealed?
    /// The accepted participants in ascending order, once sealed.
    package internal(set) var toScore: [ParticipantNumber] = []
    /// How many of them have scores.
    package internal(set) var scoredCount = 0

    init(_ opened: RoundOpened) {
        number = opened.round
        baseModel = opened.baseModel
        deadlineMs = opened.deadlineMs
        cohort = opened.cohort
    }

    /// Whether the participant is invited. Complexity: O(log n).
    package func invites(_ participant: ParticipantNumber) -> Bool {
        var lower = 0
        var upper = cohort.count
        while lower < upper {
            let middle = (lower + upper) / 2
            if cohort[middle] < participant { lower = middle + 1 } else { upper = middle }
        }
        return lower < cohort.count && cohort[lower] == participant
    }
}
