package import Attestation
internal import Rewards

/// A round that is open, or sealed and waiting for its scores.
package struct RoundState: Hashable, Sendable {
    /// A contribution that counts.
    package struct Accepted: Hashable, Sendable {
        /// Examples trained on, as stated.
        package let samples: UInt64
        /// The participant's units; 0 in version 1.
        package let units: UInt32
        /// Sum of the squares of the update's integers; nil in version 1.
        package let squaredNorm: UInt128?
        /// The effective weight: what the update's integers are multiplied by.
        package let weight: UInt64
        /// Blob digest of the update.
        package let update: Digest
        /// SHA-256 of the statement's bytes.
        package let statement: Digest

        init(
            samples: UInt64,
            units: UInt32,
            squaredNorm: UInt128?,
            weight: UInt64,
            update: Digest,
            statement: Digest
        ) {
            self.samples = samples
            self.units = units
            self.squaredNorm = squaredNorm
            self.weight = weight
            self.update = update
            self.statement = statement
        }
    }

    /// From 1.
    package let number: UInt32
    package let baseModel: Digest
    package let deadlineMs: UInt64
    /// Ascending.
    package let cohort: [ParticipantNumber]
    /// The cohort's units as they were when the round was opened; empty in version 1.
    package let units: [UInt32]
    /// Square of the longest update with its full weight; nil in version 1 and where weights are claimed.
    package let boundSquared: UInt128?
    package internal(set) var accepted: [ParticipantNumber: Accepted] = [:]
    /// Blob digests of the accepted updates.
    package internal(set) var updates: Set<Digest> = []
    /// Sum of the accepted weights.
    package internal(set) var totalWeight: UInt64 = 0
    /// Sum of the accepted participants' units.
    package internal(set) var totalUnits: UInt64 = 0
    /// Set once the round is sealed with enough contributions: scores come next.
    package internal(set) var sealed: RoundSealed?
    /// The accepted participants in ascending order, once sealed.
    package internal(set) var toScore: [ParticipantNumber] = []
    /// How many of them have scores.
    package internal(set) var scoredCount = 0
    /// Version 2: the scores that are in.
    package internal(set) var scores: [ContributionScore] = []

    init(_ opened: RoundOpened, units: [UInt32]) {
        number = opened.round
        baseModel = opened.baseModel
        deadlineMs = opened.deadlineMs
        cohort = opened.cohort
        boundSquared = opened.boundSquared
        self.units = units
    }

    /// Whether the participant is invited. Complexity: O(log n).
    package func invites(_ participant: ParticipantNumber) -> Bool { place(of: participant) != nil }

    /// An invited participant's units, as they were when the round was opened; nil in version 1. Complexity: O(log n).
    package func units(of participant: ParticipantNumber) -> UInt32? {
        guard !units.isEmpty, let place = place(of: participant) else { return nil }
        return units[place]
    }

    /// The effective weight that an update would have: units shortened by the norm bound, or without a bound the
    /// stated number of examples. Nil for somebody who is not invited. Complexity: O(log n).
    package func weight(of participant: ParticipantNumber, squaredNorm: UInt128, samples: UInt64) -> UInt64? {
        guard let units = units(of: participant) else { return nil }
        return EffectiveWeight.value(
            of: UpdateNorm(squared: squaredNorm, units: units), boundSquared: boundSquared, samples: samples)
    }

    /// What the sums of the accepted updates are divided by: 4,096 times their units, shortened or not; without a norm
    /// bound the sum of their weights.
    package var denominator: UInt64 {
        boundSquared == nil ? totalWeight : EffectiveWeight.denominator(units: totalUnits)
    }

    private func place(of participant: ParticipantNumber) -> Int? {
        var lower = 0
        var upper = cohort.count
        while lower < upper {
            let middle = (lower + upper) / 2
            if cohort[middle] < participant { lower = middle + 1 } else { upper = middle }
        }
        return lower < cohort.count && cohort[lower] == participant ? lower : nil
    }
}

/// A sealed round whose scores are withheld until its task ends.
package struct WaitingRound: Hashable, Sendable {
    package let seal: RoundSealed
    /// The accepted participants in ascending order.
    package let participants: [ParticipantNumber]
    /// Their stated examples, in the same order.
    package let samples: [UInt64]

    /// From 1.
    package var number: UInt32 { seal.round }
}

/// A round whose salt and metrics are revealed and whose scores come next.
package struct RoundReveal: Hashable, Sendable {
    package let round: WaitingRound
    package let revealed: RoundRevealed
    /// The scores that are in.
    package internal(set) var scores: [ContributionScore] = []
    /// SHA-256 of each score entry's message.
    var parts: [Digest] = []

    init(_ round: WaitingRound, _ revealed: RoundRevealed) {
        self.round = round
        self.revealed = revealed
    }
}
