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
        unsafe Self.free(activations, capacity * plan.activationsPerRow)
        unsafe Self.free(deltas.0, capacity * plan.widestStride)
        unsafe Self.free(deltas.1, capacity * plan.widestStride)
        unsafe Self.free(biasGradient, plan.widestStride)
        unsafe Self.free(losses, capacity)
    }

    /// Zeros in memory aligned to a cache line; whoever asks gives them back with `free`. Large runs that nobody writes
    /// to, such as the gradients of a workspace that only evaluates, take no memory.
    static func zeros(_ count: Int) -> UnsafeMutablePointer<Float> {
        ZeroedMemory.allocate(byteCount: count * MemoryLayout<Float>.stride).bindMemory(to: Float.self, capacity: count)
    }

    /// Gives back what `zeros` gave for that count.
    static func free(_ start: UnsafeMutablePointer<Float>, _ count: Int) {
        unsafe ZeroedMemory.deallocate(start, byteCount: count * MemoryLayout<Float>.stride)
    }
}
