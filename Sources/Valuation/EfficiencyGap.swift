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

    // Exact: sums of 64-bit integers.
    private let exactSum: Int128
    private let exactDrop: Int128

    /// Compares a round's full scores with its loss drop. Sums are taken in 128 bits; what is handed out stops at the
    /// ends of 64.
    ///
    /// - Parameters:
    ///   - scores: full scores of all updates in the round.
    ///   - lossBefore: validation loss at the base model.
    ///   - lossAfter: validation loss at the end of the scored step.
    package init(scores: some Sequence<Int64>, lossBefore: Int64, lossAfter: Int64) {
        exactSum = scores.reduce(0) { $0 + Int128($1) }
        exactDrop = Int128(lossBefore) - Int128(lossAfter)
    }

    /// Sum of the full scores.
    package var scoreSum: Int64 { Int64(clamping: exactSum) }

    /// Loss before less loss after.
    package var lossDrop: Int64 { Int64(clamping: exactDrop) }

    /// Sum of the scores less the loss drop.
    package var gap: Int64 { Int64(clamping: exactSum - exactDrop) }

    /// The widest gap without a warning: the larger of `ValuationLimits.gapPartsPerMillion` of the drop and
    /// `ValuationLimits.gapUnits`.
    package var allowed: Int64 {
        let share = Int128(exactDrop.magnitude) * Int128(ValuationLimits.gapPartsPerMillion) / 1_000_000
        return max(Int64(clamping: share), ValuationLimits.gapUnits)
    }

    /// What to look at, or nil if the scores add up.
    package var warning: Warning? {
        gap.magnitude > allowed.magnitude ? .gapTooWide(gap: gap, allowed: allowed) : nil
    }
}
