/// The squared length of an accepted update and the units of the participant who sent it.
package struct UpdateNorm: Hashable, Sendable {
    /// Sum of the squares of the update's integers, in squares of the grid's unit.
    package let squared: UInt128
    package let units: UInt32

    package init(squared: UInt128, units: UInt32) {
        self.squared = squared
        self.units = units
    }
}

/// What the recent median is multiplied by to give the bound.
package struct BoundFactor: Hashable, Sendable {
    package let numerator: UInt32
    package let denominator: UInt32

    package init(numerator: UInt32, denominator: UInt32) {
        precondition((1...0x7FFF).contains(numerator) && denominator > 0, "a factor has two small positive numbers")
        self.numerator = numerator
        self.denominator = denominator
    }

    /// Three halves: the one factor of ledger rules 2.
    package static let standard = BoundFactor(numerator: 3, denominator: 2)
}

/// The longest update that has its full weight in a round, known before the round.
package struct NormBound: Hashable, Sendable {
    /// What a task's own squared bound may be.
    package static let allowed: ClosedRange<UInt128> = 1...(1 << 96)
    /// Rounds whose updates count for the median.
    package static let historyRounds = 3

    /// Square of the bound before the factor: the next round's base is at least a quarter of it.
    package let base: UInt128
    /// Square of the bound.
    package let squared: UInt128

    package init(base: UInt128, factor: BoundFactor = .standard) {
        let (numerator, denominator) = (UInt128(factor.numerator), UInt128(factor.denominator))
        self.base = base
        squared = base * numerator * numerator / (denominator * denominator)
    }

    /// The bound of the next round: the median of the recent updates, at most the task's own bound and at least half
    /// of the bound before. Complexity: O(n log n).
    ///
    /// The median is the first squared norm at which the running sum of units exceeds half of the total, so that many
    /// tiny updates do not pull it down unless they hold half of the units.
    ///
    /// - Parameters:
    ///   - recent: the accepted updates of the last `historyRounds` rounds; those of norm zero are left out.
    ///   - taskBoundSquared: in `allowed`.
    ///   - previousBase: `base` of the round before, nil before the first.
    package static func next(
        recent: some Sequence<UpdateNorm>,
        taskBoundSquared: UInt128,
        previousBase: UInt128?,
        factor: BoundFactor = .standard
    ) -> NormBound {
        precondition(allowed.contains(taskBoundSquared), "a task's squared bound is 1 to 2^96")
        var base = min(taskBoundSquared, median(of: recent) ?? taskBoundSquared)
        if let previousBase { base = max(base, previousBase / 4) }
        return NormBound(base: base, factor: factor)
    }

    private static func median(of norms: some Sequence<UpdateNorm>) -> UInt128? {
        let norms = norms.filter { $0.squared > 0 }.sorted { $0.squared < $1.squared }
        let total = norms.reduce(UInt64(0)) { $0 + UInt64($1.units) }
        var running: UInt64 = 0
        for norm in norms {
            running += UInt64(norm.units)
            if 2 * running > total { return norm.squared }
        }
        return nil
    }
}
