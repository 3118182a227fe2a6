package import Tensors

/// Scores updates by the rules of version 1 (the appendix of `Protocols/scores.md`), to audit the logs that have it.
///
/// Its novel component is the update less its projection on the model's last change A: ⟨d,G⟩ - ⟨d,A⟩·⟨A,G⟩/⟨A,A⟩ takes
/// the place of ⟨d,G⟩. Weights count examples, and the denominator is their sum. `PathScorer` has the rules in force.
package struct Version1PathScorer: ~Copyable, Sendable {
    /// The grid of the updates.
    package var grid: Grid { directions.grid }
    /// The server's learning rate η.
    package let learningRate: Double
    /// Weight of all updates of the round.
    package let totalWeight: Int64
    private let directions: DirectionPair
    // ⟨A,G⟩/⟨A,A⟩, or 0 without a last delta.
    private let predicted: Double

    /// Prepares a round's scores. 8 bytes a value are kept.
    ///
    /// - Parameters:
    ///   - gradient: path gradient along the round's own step.
    ///   - lastDelta: the last change of the global model; nil in the first round.
    ///   - grid: the grid of the updates.
    ///   - learningRate: the server's η.
    ///   - totalWeight: weight of all updates in the round's sum.
    ///   - threads: most threads to use.
    /// - Throws: `ValuationError` with code `wrongCount`, `invalidConfiguration` or `invalidWeight`.
    package init(
        gradient: consuming PathGradient,
        lastDelta: consuming GlobalDelta?,
        grid: Grid,
        learningRate: Double,
        totalWeight: Int64,
        threads: Int = 1
    ) throws(ValuationError) {
        guard learningRate > 0, learningRate.isFinite else {
            throw ValuationError(
                .invalidConfiguration,
                "a server learning rate of \(learningRate); it must be positive"
            )
        }
        guard 1...ValuationLimits.totalWeight ~= totalWeight else {
            throw ValuationError(
                .invalidWeight,
                "a total weight of \(totalWeight); 1 to \(ValuationLimits.totalWeight) are allowed"
            )
        }
        let gradient = gradient.direction
        let delta = Self.direction(of: lastDelta)
        let count = gradient.integers.count
        let hasDelta = delta.integers.count > 0
        guard !hasDelta || delta.integers.count == count else {
            throw ValuationError(
                .wrongCount,
                "a gradient of \(count) values and a last delta of \(delta.integers.count)"
            )
        }
        predicted =
            hasDelta ? Self.predictedShare(gradient: gradient, delta: delta, threads: threads) : 0
        directions = DirectionPair(gradient: gradient, second: delta, grid: grid)
        self.learningRate = learningRate
        self.totalWeight = totalWeight
    }

    /// Number of values of one update.
    package var count: Int { directions.count }

    /// The score of one update. Complexity: O(`count`), one pass.
    ///
    /// - Parameters:
    ///   - update: an update on the grid; it has passed the aggregation's check.
    ///   - weight: its weight in the round's sum.
    ///   - threads: most threads to use; the score is the same bits.
    /// - Throws: `ValuationError` with code `wrongCount`, `offGrid`, `invalidWeight` or `overflow`.
    package borrowing func score(
        _ update: borrowing ParameterSet,
        weight: Int64,
        threads: Int = 1
    ) throws(ValuationError) -> PathScore {
        guard 1...totalWeight ~= weight else {
            throw ValuationError(.invalidWeight, "a weight of \(weight) in a round of weight \(totalWeight)")
        }
        let projection = try directions.project(update.values, threads: threads)
        let share = (learningRate * Double(weight)) / Double(totalWeight)
        let alongGradient = directions.value(ofGradient: projection)
        let alongDelta = directions.value(ofSecond: projection)
        let surprise = alongGradient - alongDelta * predicted
        return PathScore(
            full: try ScoreUnit.units(ofNats: -(share * alongGradient)),
            novel: try ScoreUnit.units(ofNats: -(share * surprise))
        )
    }

    /// The delta's direction, or one of no values.
    private static func direction(of delta: consuming GlobalDelta?) -> IntegerDirection {
        guard let delta else { return IntegerDirection() }
        return delta.direction
    }

    /// ⟨A,G⟩/⟨A,A⟩, or 0 if A is zero.
    private static func predictedShare(
        gradient: borrowing IntegerDirection,
        delta: borrowing IntegerDirection,
        threads: Int
    ) -> Double {
        let products = DotProducts.integers(of: delta, with: gradient, and: delta, threads: threads)
        guard products.second > 0 else { return 0 }
        let cross = IntegerDirection.scaled(products.gradient, by: -(delta.exponent + gradient.exponent))
        let square = IntegerDirection.scaled(products.second, by: -2 * delta.exponent)
        return cross / square
    }
}
