internal import Tensors
internal import Valuation

/// Scores a round's updates by the rules of the task's version.
struct RoundScorer: ~Copyable {
    private enum Rules: ~Copyable {
        case current(PathScorer)
        case version1(Version1PathScorer)
    }

    private let rules: Rules

    /// - Parameters:
    ///   - surprise: the gradient less what the last scored rounds predict; nil in version 1.
    ///   - lastDelta: the model's last change; nil in version 2.
    ///   - denominator: what the round's sum is divided by; in version 1 the sum of the weights.
    /// - Throws: as the scorers do.
    init(
        gradient: consuming PathGradient, surprise: consuming SurpriseGradient?, lastDelta: consuming GlobalDelta?,
        isVersion1: Bool, grid: Grid, learningRate: Double, denominator: Int64, threads: Int
    ) throws(ValuationError) {
        if isVersion1 {
            rules = .version1(
                try Version1PathScorer(
                    gradient: gradient, lastDelta: lastDelta, grid: grid, learningRate: learningRate,
                    totalWeight: denominator, threads: threads))
        } else {
            rules = .current(
                try PathScorer(
                    gradient: gradient, surprise: surprise, grid: grid, learningRate: learningRate,
                    denominator: denominator))
        }
    }

    /// What updates were worth, each with its effective weight. Several at once are read faster.
    borrowing func scores(
        _ updates: [(update: SharedParameterSet, weight: Int64)], threads: Int
    ) throws(ValuationError) -> [PathScore] {
        var scores: [PathScore] = []
        switch rules {
        case .current(let scorer):
            let projections = try scorer.project(updates.map(\.update), threads: threads)
            for (projection, update) in zip(projections, updates) {
                scores.append(try scorer.score(projection, weight: update.weight))
            }
        case .version1(let scorer):
            for (update, weight) in updates {
                scores.append(try scorer.score(update.parameters, weight: weight, threads: threads))
            }
        }
        return scores
    }
}
