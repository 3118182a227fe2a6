/// What a participant's training in one round did.
package struct TrainingSummary: Hashable, Sendable {
    /// Steps taken.
    package let stepCount: Int
    /// Examples seen, counted once an epoch.
    package let exampleCount: Int
    /// Mean cross-entropy (in nats) of all examples seen, each at the parameters before its step.
    package let meanLoss: Double
}
