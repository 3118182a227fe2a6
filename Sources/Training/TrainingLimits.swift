/// The bounds of what this module trains; what passes one of them is refused with a `TrainingError`.
package enum TrainingLimits {
    /// Layers with parameters in one model.
    package static let layerCount = 64
    /// Values that go into or come out of one layer.
    package static let layerWidth = 1 << 20
    /// Classes: labels are one byte.
    package static let classCount = 256
    /// Parameters of one model.
    package static let parameterCount = 1 << 28
    /// Examples of one batch.
    package static let batchSize = 65_536
    /// Passes over a participant's data in one round.
    package static let epochs = 10_000
    /// Values of one buffer of activations: the batch size times the widths of all layers.
    package static let activationCount = 1 << 28
    /// Threads of one evaluation.
    package static let threads = 256
}
