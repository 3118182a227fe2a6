package import Attestation

/// Scores of an aggregated round's contributions: in as many entries as it takes, each participant once.
package struct RoundScores: Hashable, Sendable {
    package let task: Digest
    package let round: UInt32
    /// In ascending order of participants, across the round's entries too.
    package let scores: [ContributionScore]

    package init(task: Digest, round: UInt32, scores: [ContributionScore]) {
        self.task = task
        self.round = round
        self.scores = scores
    }
}
