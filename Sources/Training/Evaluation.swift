/// How well a model does on examples.
package struct Evaluation: Hashable, Sendable {
    /// Mean cross-entropy of the examples, in nats.
    package let meanLoss: Double
    /// Examples whose largest logit (the first of them, if several) is their label's.
    package let correctCount: Int
    /// Examples evaluated.
    package let exampleCount: Int

    package init(meanLoss: Double, correctCount: Int, exampleCount: Int) {
        self.meanLoss = meanLoss
        self.correctCount = correctCount
        self.exampleCount = exampleCount
    }

    /// Fraction of the examples that are correct.
    package var accuracy: Double { Double(correctCount) / Double(exampleCount) }
}
