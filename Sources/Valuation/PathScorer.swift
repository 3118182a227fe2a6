package import Tensors

/// Scores a round's updates by the validation loss: φᵢ = -(η·aᵢ/N)·⟨dᵢ, G⟩ (Aumann and Shapley 1974; `PathGradient`).
///
/// **What is scored.** The round's own contribution to the step: D = η·Σ aᵢ·dᵢ/N, with the server's learning rate η and
/// effective weights aᵢ over a fixed denominator N, along the straight path from w to w + D. The full scores then sum
/// to L(w) - L(w + D) and are linear in the update: several keys with one aggregate score what one key scores. What
/// server momentum carries over from earlier rounds is nobody's contribution to this one: it is left out of D.
///
/// **The novel score** has the surprise gradient H in the place of G (`SurpriseGradient`): a combination of the last
/// scored steps and echoes scores nothing. Without a surprise gradient novel is full.
///
/// **Same bits everywhere.** Dot products are exact integers (`Projection`), and what follows is one fixed sequence of
/// Float64 operations, so an auditor on another CPU finds the same scores. `Protocols/scores.md` has every step.
package struct PathScorer: ~Copyable, Sendable {
    /// The grid of the updates.
    package var grid: Grid { directions.grid }
    /// The server's learning rate η.
    package let learningRate: Double
    /// What the round's sum is divided by.
    package let denominator: Int64
    private let directions: DirectionPair

    /// Prepares a round's scores. 8 bytes a value are kept.
    ///
    /// - Parameters:
    ///   - gradient: path gradient along the round's own step.
    ///   - surprise: the same gradient less what the last scored rounds predict; nil where nothing was scored before.
    ///   - grid: the grid of the updates.
    ///   - learningRate: the server's η.
    ///   - denominator: what the round's sum is divided by.
    /// - Throws: `ValuationError` with code `wrongCount`, `invalidConfiguration` or `invalidWeight`.
    package init(
        gradient: consuming PathGradient,
        surprise: consuming SurpriseGradient?,
        grid: Grid,
        learningRate: Double,
        denominator: Int64
    ) throws(ValuationError) {
        guard learningRate > 0, learningRate.isFinite else {
            throw ValuationError(
                .invalidConfiguration, "a server learning rate of \(learningRate); it must be positive")
        }
        guard 1...ValuationLimits.totalWeight ~= denominator else {
            throw ValuationError(
                .invalidWeight, "a denominator of \(denominator); 1 to \(ValuationLimits.totalWeight) are allowed")
        }
        let first = gradient.direction
        let second = Self.direction(of: surprise)
        guard second.integers.count == first.integers.count || second.integers.count == 0 else {
            throw ValuationError(
                .wrongCount,
                "a gradient of \(first.integers.count) values and a surprise gradient of \(second.integers.count)"
            )
        }
        directions = DirectionPair(gradient: first, second: second, grid: grid)
        self.learningRate = learningRate
        self.denominator = denominator
    }

    /// Number of values of one update.
    package var count: Int { directions.count }

    /// The score of one update. Complexity: O(`count`), one pass.
    ///
    /// - Parameters:
    ///   - update: an update on the grid; it has passed the aggregation's check.
    ///   - weight: its effective weight; 0 scores 0.
    ///   - threads: most threads to use; the score is the same bits.
    /// - Throws: `ValuationError` with code `wrongCount`, `offGrid`, `invalidWeight` or `notFinite`.
    package borrowing func score(
        _ update: borrowing ParameterSet,
        weight: Int64,
        threads: Int = 1
    ) throws(ValuationError) -> PathScore {
        try score(project(update.values, threads: threads), weight: weight)
    }

    /// The score that follows from an update's dot products: a fixed sequence of Float64 operations.
    ///
    /// - Throws: `ValuationError` with code `invalidWeight` or `notFinite`.
    package borrowing func score(_ projection: Projection, weight: Int64) throws(ValuationError) -> PathScore {
        guard 0...denominator ~= weight else {
            throw ValuationError(.invalidWeight, "a weight of \(weight) over a denominator of \(denominator)")
        }
        let share = (learningRate * Double(weight)) / Double(denominator)
        let full = try ScoreUnit.saturatedUnits(ofNats: -(share * directions.value(ofGradient: projection)))
        guard directions.second.integers.count > 0 else { return PathScore(full: full, novel: full) }
        let novel = try ScoreUnit.saturatedUnits(ofNats: -(share * directions.value(ofSecond: projection)))
        return PathScore(full: full, novel: novel)
    }

    /// The exact dot products of one update. Complexity: O(`count`), one pass.
    ///
    /// - Throws: `ValuationError` with code `wrongCount` or `offGrid`.
    package borrowing func project(
        _ update: borrowing ParameterBuffer,
        threads: Int = 1,
        method: DotMethod = .fused
    ) throws(ValuationError) -> Projection {
        try directions.project(update, threads: threads, method: method)
    }

    /// The exact dot products of several updates; faster than one after the other, since a block of the directions
    /// stays in cache for all of them.
    ///
    /// - Throws: `ValuationError` with code `wrongCount` or `offGrid`.
    package borrowing func project(
        _ updates: [SharedParameterSet],
        threads: Int = 1,
        method: DotMethod = .fused
    ) throws(ValuationError) -> [Projection] {
        try directions.project(updates, threads: threads, method: method)
    }

    /// The surprise gradient's direction, or one of no values.
    private static func direction(of surprise: consuming SurpriseGradient?) -> IntegerDirection {
        guard let surprise else { return IntegerDirection() }
        return surprise.direction
    }
}
