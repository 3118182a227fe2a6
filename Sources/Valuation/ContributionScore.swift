/// Everything that one contribution to a round scored; the task's reward rule pays by one of it.
package struct ContributionScore: Hashable, Sendable {
    /// By the validation loss.
    package let path: PathScore
    /// By examples.
    package let sample: SampleScore

    package init(path: PathScore, sample: SampleScore) {
        self.path = path
        self.sample = sample
    }

    /// The number that is summed over an epoch and paid by.
    package func value(under rule: ScoreRule) -> Int64 {
        switch rule {
        case .samples: sample.samples
        case .path: path.full
        case .novelPath: path.novel
        }
    }
}
