/// Which score a task pays by. A new score is a case here, a value in `ContributionScore`, and a section of
/// `Protocols/scores.md`.
package enum ScoreRule: String, CaseIterable, Sendable {
    /// Examples trained on.
    case samples
    /// Aumann–Shapley path score of the whole update; for tasks that prove training (level L2).
    case path
    /// The same of the novel component; for tasks without proof of training.
    case novelPath
}
