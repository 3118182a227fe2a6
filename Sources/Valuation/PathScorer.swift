package import Tensors

/// Scores a round's updates by the validation loss: φᵢ = -(η·nᵢ/Σn)·⟨dᵢ, G⟩ (Aumann and Shapley 1974; `PathGradient`).
///
/// **What is scored.** The round's own contribution to the step: D = η·Σ(nᵢ/Σn)·dᵢ, with the server's learning rate η,
/// along the straight path from w to w + D. The scores then sum to L(w) - L(w + D), are linear in the update, and pay a
/// participant the same whether it comes as one or as many. What server momentum carries over from earlier rounds is
/// nobody's contribution to this one: it is left out of D, and `EfficiencyGap` compares with the loss at w + D, not at
/// the model after the momentum step. Without momentum they are the same.
///
/// **The novel component** is dᵢ less its projection on the last global delta A: ⟨d,G⟩ - ⟨d,A⟩·⟨A,G⟩/⟨A,A⟩ takes the
/// place of ⟨d,G⟩. Whoever only replays what the past predicts scores nothing. Without a last delta, or where it is
/// zero, novel is full.
///
/// **Same bits everywhere.** Dot products are exact integers (`Projection`), and what follows is one fixed sequence of
/// Float64 operations, so an auditor on another CPU finds the same scores. `Protocols/scores.md` has every step.
package struct PathScorer: ~Copyable, Sendable {
    /// The grid of the updates.
    package let grid: Grid
    /// The server's learning rate η.
    package let learningRate: Double
    /// Weight of all updates of the round.
    package let totalWeight: Int64
    let gradient: IntegerDirection
    // Of no values without a last delta.
    let delta: IntegerDirection
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
        self.gradient = gradient
        self.delta = delta
        self.grid = grid
        self.learningRate = learningRate
        self.totalWeight = totalWeight
    }

    /// Number of values of one update.
    package var count: Int { gradient.integers.count }

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
        try score(project(update.values, threads: threads), weight: weight)
    }

    /// The score that follows from an update's dot products: a fixed sequence of Float64 operations.
    ///
    /// - Throws: `ValuationError` with code `invalidWeight` or `overflow`.
    package borrowing func score(_ projection: Projection, weight: Int64) throws(ValuationError) -> PathScore {
        guard 1...totalWeight ~= weight else {
            throw ValuationError(.invalidWeight, "a weight of \(weight) in a round of weight \(totalWeight)")
        }
        let share = (learningRate * Double(weight)) / Double(totalWeight)
        let alongGradient = Self.scaled(projection.gradient, by: -(grid.fractionBits + gradient.exponent))
        let alongDelta = Self.scaled(projection.delta, by: -(grid.fractionBits + delta.exponent))
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
        guard products.delta > 0 else { return 0 }
        let cross = scaled(products.gradient, by: -(delta.exponent + gradient.exponent))
        let square = scaled(products.delta, by: -2 * delta.exponent)
        return cross / square
    }

    /// An integer as Float64, nearest with ties to even, times a power of two; the product is exact.
    private static func scaled(_ integer: Int128, by exponent: Int) -> Double {
        Double(integer) * Double(sign: .plus, exponent: exponent, significand: 1)
    }
}
