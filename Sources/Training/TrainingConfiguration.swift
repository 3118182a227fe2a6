/// How a participant trains in one round: minibatch stochastic gradient descent on its own examples.
package struct TrainingConfiguration: Hashable, Sendable {
    /// Passes over the participant's examples.
    package let epochs: Int
    /// Examples of one step; the last step of an epoch may have fewer.
    package let batchSize: Int
    /// Step size.
    package let learningRate: Float
    /// Part of the velocity that is kept from step to step, in [0, 1); 0 for plain descent.
    package let momentum: Float
    /// Coefficient of the parameters themselves in the gradient (an L2 penalty of half of it); 0 for none.
    package let weightDecay: Float
    /// FedProx's μ: coefficient of the distance from the global model in the gradient (Li et al., 2020); 0 for none.
    package let proximal: Float

    /// A checked configuration.
    ///
    /// - Throws: `TrainingError` with code `invalidConfiguration` if a value is not finite or out of its range.
    package init(
        epochs: Int,
        batchSize: Int,
        learningRate: Float,
        momentum: Float = 0,
        weightDecay: Float = 0,
        proximal: Float = 0
    ) throws(TrainingError) {
        guard (1...TrainingLimits.epochs).contains(epochs) else {
            throw Self.invalid("\(epochs) epochs; 1 to \(TrainingLimits.epochs) are allowed")
        }
        guard (1...TrainingLimits.batchSize).contains(batchSize) else {
            throw Self.invalid("a batch of \(batchSize) examples; 1 to \(TrainingLimits.batchSize) are allowed")
        }
        guard learningRate.isFinite, learningRate > 0 else {
            throw Self.invalid("a learning rate of \(learningRate); it must be positive and finite")
        }
        guard momentum >= 0, momentum < 1 else {
            throw Self.invalid("a momentum of \(momentum); it must be at least 0 and below 1")
        }
        guard weightDecay.isFinite, weightDecay >= 0 else {
            throw Self.invalid("a weight decay of \(weightDecay); it must be finite and not negative")
        }
        guard proximal.isFinite, proximal >= 0 else {
            throw Self.invalid("a proximal coefficient of \(proximal); it must be finite and not negative")
        }
        self.epochs = epochs
        self.batchSize = batchSize
        self.learningRate = learningRate
        self.momentum = momentum
        self.weightDecay = weightDecay
        self.proximal = proximal
    }

    private static func invalid(_ message: String) -> TrainingError {
        TrainingError(.invalidConfiguration, message)
    }
}
