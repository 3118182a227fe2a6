/// How well a round's scores add up to what the round gained: Σ φᵢ against L(w) - L(w + D).
///
/// D is the step that was scored: this round's own η·mean, without what momentum carried over (see `PathScorer`).
/// All in units of 10^-12 nat.
package struct EfficiencyGap: Hashable, Sendable {
    /// Why a round's scores deserve a second look. Nothing is refused for it.
    package enum Warning: Hashable, Sendable {
        /// The sum misses the loss drop by more than quadrature explains: the step is too long for three gradients.
        case gapTooWide(gap: Int64, allowed: Int64)
    }

    /// Sum of the full scores.
    package let scoreSum: Int64
    /// Loss before less loss after.
    package let lossDrop: Int64

    /// Compares a round's full scores with its loss drop. Sums beyond 64 bits stop at their end.
    ///
    /// - Parameters:
    ///   - scores: full scores of all updates in the round.
    ///   - lossBefore: validation loss at the base model.
    ///   - lossAfter: validation loss at the end of the scored step.
    package init(scores: some Sequence<Int64>, lossBefore: Int64, lossAfter: Int64) {
        scoreSum = Int64(clamping: scores.reduce(Int128(0)) { $0 + Int128($1) })
        lossDrop = Int64(clamping: Int128(lossBefore) - Int128(lossAfter))
    }

    /// Sum of the scores less the loss drop.
    package var gap: Int64 { Int64(clamping: Int128(scoreSum) - Int128(lossDrop)) }

    /// The widest gap without a warning: the larger of `ValuationLimits.gapPartsPerMillion` of the drop and
    /// `ValuationLimits.gapUnits`.
    package var allowed: Int64 {
        let share = Int128(lossDrop.magnitude) * Int128(ValuationLimits.gapPartsPerMillion) / 1_000_000
        return max(Int64(clamping: share), ValuationLimits.gapUnits)
    }

    /// What to look at, or nil if the scores add up.
    package var warning: Warning? {
        gap.magnitude > allowed.magnitude ? .gapTooWide(gap: gap, allowed: allowed) : nil
    }
}
