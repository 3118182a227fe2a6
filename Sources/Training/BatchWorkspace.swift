internal import Tensors

/// The memory that one batch of up to `capacity` examples needs on its way through a model and back.
///
/// Used by one thread at a time; its owner sees to that. All memory is allocated here, once.
final class BatchWorkspace: @unchecked Sendable {
    let plan: NetworkPlan
    let capacity: Int
    /// The plan's layers, where a loop reaches them without reference counting.
    let layers: UnsafeMutableBufferPointer<DensePlan>
    /// Every layer's outputs: layer by layer, row by row.
    let activations: UnsafeMutablePointer<Float>
    /// Gradients of two neighbouring layers' sums, in turn.
    let deltas: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>)
    /// One layer's bias gradient.
    let biasGradient: UnsafeMutablePointer<Float>
    /// Each row's loss.
    let losses: UnsafeMutablePointer<Float>

    /// - Throws: `TrainingError` with code `invalidConfiguration` if the batch would need more than
    ///   `TrainingLimits.activationCount` values.
    init(plan: NetworkPlan, capacity: Int) throws(TrainingError) {
        let perRow = plan.activationsPerRow + 2 * plan.widestStride + plan.inputStride
        guard capacity <= TrainingLimits.activationCount / perRow else {
            throw TrainingError(
                .invalidConfiguration,
                """
                a batch of \(capacity) examples needs \(perRow) values for each; at most \
                \(TrainingLimits.activationCount) in total are allowed, so use smaller batches
                """
            )
        }
        self.plan = plan
        self.capacity = capacity
        layers = .allocate(capacity: plan.layers.count)
        _ = unsafe layers.initialize(fromContentsOf: plan.layers)
        activations = Self.zeros(capacity * plan.activationsPerRow)
        deltas = (Self.zeros(capacity * plan.widestStride), Self.zeros(capacity * plan.widestStride))
        biasGradient = Self.zeros(plan.widestStride)
        losses = Self.zeros(capacity)
    }

    deinit {
        unsafe layers.deallocate()
        unsafe activations.deallocate()
        unsafe deltas.0.deallocate()
        unsafe deltas.1.deallocate()
        unsafe biasGradient.deallocate()
        unsafe losses.deallocate()
    }

    /// Zeros in memory aligned to a cache line; whoever asks frees them.
    static func zeros(_ count: Int) -> UnsafeMutablePointer<Float> {
        let raw = UnsafeMutableRawPointer.allocate(
            byteCount: max(count, 1) * MemoryLayout<Float>.stride,
            alignment: ParameterBuffer.alignment
        )
        return unsafe raw.initializeMemory(as: Float.self, repeating: 0, count: count)
    }
}
