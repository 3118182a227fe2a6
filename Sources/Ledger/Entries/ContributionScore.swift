/// What one contribution was worth.
package struct ContributionScore: Hashable, Sendable {
    package let participant: ParticipantNumber
    /// Path score of the whole update, in 10^-12 nat.
    package let full: Int64
    /// Path score of its novel component, in 10^-12 nat.
    package let novel: Int64
    /// Examples trained on, as the participant stated.
    package let samples: UInt64

    package init(participant: ParticipantNumber, full: Int64, novel: Int64, samples: UInt64) {
        self.participant = participant
        self.full = full
        self.novel = novel
        self.samples = samples
    }
}
