/// What a trainer holds besides the activations: the model in training, and the batch it is trained on.
///
/// Used by one thread at a time; its owner sees to that.
final class TrainingMemory {
    /// The parameters, aligned as the plan says; gaps stay zero.
    let weights: UnsafeMutablePointer<Float>
    /// Velocities, laid out as the weights; there from the first training with momentum on.
    private(set) var velocity: UnsafeMutablePointer<Float>?
    /// The parameters that training began with; there from the first training with a proximal term on.
    private(set) var anchor: UnsafeMutablePointer<Float>?
    /// A batch's features, row by row at the plan's stride.
    let inputs: UnsafeMutablePointer<Float>
    /// A batch's labels.
    let labels: UnsafeMutablePointer<UInt8>
    /// A batch's rows in the examples.
    let rows: UnsafeMutablePointer<Int64>

    private let parameterCount: Int
    private let inputCount: Int

    init(plan: NetworkPlan, batchSize: Int) {
        parameterCount = plan.parameterCount
        weights = BatchWorkspace.zeros(plan.parameterCount)
        inputCount = batchSize * plan.inputStride
        inputs = BatchWorkspace.zeros(inputCount)
        labels = .allocate(capacity: batchSize)
        unsafe labels.initialize(repeating: 0, count: batchSize)
        rows = .allocate(capacity: batchSize)
        unsafe rows.initialize(repeating: 0, count: batchSize)
    }

    deinit {
        unsafe BatchWorkspace.free(weights, parameterCount)
        if let velocity = unsafe velocity { unsafe BatchWorkspace.free(velocity, parameterCount) }
        if let anchor = unsafe anchor { unsafe BatchWorkspace.free(anchor, parameterCount) }
        unsafe BatchWorkspace.free(inputs, inputCount)
        unsafe labels.deallocate()
        unsafe rows.deallocate()
    }

    /// All velocities zero.
    func resetVelocity() {
        if let velocity = unsafe velocity {
            unsafe velocity.update(repeating: 0, count: parameterCount)
        } else {
            unsafe velocity = BatchWorkspace.zeros(parameterCount)
        }
    }

    /// The anchor is where the weights are now.
    func resetAnchor() {
        let anchor = unsafe anchor ?? BatchWorkspace.zeros(parameterCount)
        unsafe anchor.update(from: weights, count: parameterCount)
        unsafe self.anchor = anchor
    }
}
