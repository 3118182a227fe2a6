/// What the evaluator measured at the end of a round. The rules take it as stated; an audit recomputes it.
package struct RoundMetrics: Hashable, Sendable {
    /// Mean loss on the validation set before the round's update, in 10^-12 nat.
    package let validationLossBefore: Int64
    /// The same after it.
    package let validationLossAfter: Int64
    /// Accuracy on the test set, in parts per million.
    package let testAccuracyPpm: UInt32
    /// Mean loss on the test set, in 10^-12 nat.
    package let testLoss: Int64
    /// Sum of the full path scores less the loss drop, in 10^-12 nat.
    package let scoreGap: Int64

    package init(
        validationLossBefore: Int64,
        validationLossAfter: Int64,
        testAccuracyPpm: UInt32,
        testLoss: Int64,
        scoreGap: Int64
    ) {
        self.validationLossBefore = validationLossBefore
        self.validationLossAfter = validationLossAfter
        self.testAccuracyPpm = testAccuracyPpm
        self.testLoss = testLoss
        self.scoreGap = scoreGap
    }
}

extension RoundMetrics {
    /// What is shown while scores are withheld: losses to two significant digits, accuracy to whole percent, no gap.
    /// Halves are rounded away from zero.
    package var rounded: RoundMetrics {
        RoundMetrics(
            validationLossBefore: Self.rounded(validationLossBefore),
            validationLossAfter: Self.rounded(validationLossAfter),
            testAccuracyPpm: UInt32(clamping: (UInt64(testAccuracyPpm) + 5_000) / 10_000 * 10_000),
            testLoss: Self.rounded(testLoss),
            scoreGap: 0
        )
    }

    /// The value to two significant decimal digits. Complexity: O(digits).
    private static func rounded(_ value: Int64) -> Int64 {
        var step: UInt64 = 1
        while value.magnitude / step >= 100 { step *= 10 }
        let magnitude = (value.magnitude + step / 2) / step * step
        return value < 0 ? -Int64(magnitude) : Int64(magnitude)
    }
}
