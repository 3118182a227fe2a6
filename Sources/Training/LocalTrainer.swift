internal import Synchronization
package import Tensors

/// Trains one model after the other by minibatch stochastic gradient descent, in memory allocated once.
///
/// One per worker thread: it may be handed from thread to thread, and traps if two calls overlap. The result is the
/// same bits on every machine and with every kernel variant.
package final class LocalTrainer: @unchecked Sendable {
    /// The shape of the models it trains.
    package let architecture: ModelArchitecture
    /// The largest batch it has room for.
    package let batchSize: Int
    /// The kernels it uses.
    package let variant: KernelVariant

    let plan: NetworkPlan
    let pass: NetworkPass
    // Set while a call runs; everything below belongs to that call.
    private let isBusy = Atomic(false)
    private let workspace: BatchWorkspace
    let memory: TrainingMemory

    /// A trainer with room for batches of `batchSize`.
    ///
    /// - Parameter variant: the kernels to use; those that `KernelVariant.selected()` names by default.
    /// - Throws: `TrainingError` with code `unsupportedKernels` if the kernels cannot run here, or
    ///   `invalidConfiguration` if the batch size passes a limit of `TrainingLimits`.
    package init(
        architecture: ModelArchitecture,
        batchSize: Int,
        variant: KernelVariant? = nil
    ) throws(TrainingError) {
        guard (1...TrainingLimits.batchSize).contains(batchSize) else {
            throw TrainingError(
                .invalidConfiguration,
                "a batch of \(batchSize) examples; 1 to \(TrainingLimits.batchSize) are allowed"
            )
        }
        let chosen: KernelVariant
        if let variant { chosen = variant } else { chosen = try KernelVariant.selected() }
        let plan = NetworkPlan(architecture, aligned: true)
        let workspace = try BatchWorkspace(plan: plan, capacity: batchSize)
        self.architecture = architecture
        self.batchSize = batchSize
        self.variant = chosen
        self.plan = plan
        self.workspace = workspace
        pass = try NetworkPass(workspace, variant: chosen)
        memory = TrainingMemory(plan: plan, batchSize: batchSize)
    }

    /// Trains from the global model on a participant's rows; the result stays here, for `writeUpdate` and
    /// `copyParameters`.
    ///
    /// Each epoch draws one permutation of the rows from the generator and takes them in batches; the last batch may be
    /// smaller. A step's gradient is the mean over its batch. Velocities start at zero.
    ///
    /// - Parameters:
    ///   - global: the parameters to start from.
    ///   - examples: where the rows are.
    ///   - rows: the participant's rows, at least one; a row may be repeated.
    ///   - configuration: its batch size must not exceed the trainer's.
    ///   - generator: the batch order.
    /// - Throws: `TrainingError` with code `layoutMismatch`, `invalidExamples` or `invalidConfiguration` if the
    ///   arguments do not fit the trainer, or `diverged` if a step's loss is NaN or infinite.
    @discardableResult
    package func train(
        from global: borrowing ParameterSet,
        on examples: LabelledExamples,
        rows: [Int],
        configuration: TrainingConfiguration,
        generator: inout SeededGenerator
    ) throws(TrainingError) -> TrainingSummary {
        begin()
        defer { end() }
        try check(global.layout, examples, rows: rows, configuration: configuration)
        load(global, configuration: configuration)
        var progress = Progress()
        for _ in 0..<configuration.epochs {
            let order = generator.permutation(of: rows.count).map { rows[$0] }
            try trainEpoch(on: examples, order: order, configuration: configuration, progress: &progress)
        }
        return progress.summary
    }

    /// Trains as `train(from:on:rows:configuration:generator:)` does, on rows in an order given from outside: a
    /// replayed trace, or a test vector.
    ///
    /// - Parameter order: the rows of all epochs in the order to take them, at least one; the configuration's epochs
    ///   are not counted, and only the last batch may be smaller than the others.
    /// - Throws: as the other.
    @discardableResult
    package func train(
        from global: borrowing ParameterSet,
        on examples: LabelledExamples,
        order: [Int],
        configuration: TrainingConfiguration
    ) throws(TrainingError) -> TrainingSummary {
        begin()
        defer { end() }
        try check(global.layout, examples, rows: order, configuration: configuration)
        load(global, configuration: configuration)
        var progress = Progress()
        try trainEpoch(on: examples, order: order, configuration: configuration, progress: &progress)
        return progress.summary
    }

    /// Writes the difference between the trained parameters and the global model, rounded to the grid.
    ///
    /// - Returns: the number of values beyond the grid's range, set to its end.
    /// - Throws: `TrainingError` with code `layoutMismatch` if a set is not of the architecture's layout, or `diverged`
    ///   if a parameter is NaN or infinite.
    package func writeUpdate(
        onGrid grid: Grid,
        against global: borrowing ParameterSet,
        into update: inout ParameterSet
    ) throws(TrainingError) -> Int {
        begin()
        defer { end() }
        try architecture.check(global.layout)
        try architecture.check(update.layout)
        return try quantise(onGrid: grid, against: global, into: &update)
    }

    /// Writes the trained parameters.
    ///
    /// - Throws: `TrainingError` with code `layoutMismatch` if the set is not of the architecture's layout.
    package func copyParameters(into parameters: inout ParameterSet) throws(TrainingError) {
        begin()
        defer { end() }
        try architecture.check(parameters.layout)
        unsafe parameters.values.withUnsafeMutableValues { values in
            guard let target = values.baseAddress else { return }
            forEachRow { place, layoutPlace, count in
                unsafe (target + layoutPlace).update(from: memory.weights + place, count: count)
            }
        }
    }

    private func check(
        _ layout: ParameterLayout,
        _ examples: LabelledExamples,
        rows: [Int],
        configuration: TrainingConfiguration
    ) throws(TrainingError) {
        try architecture.check(layout)
        try architecture.check(examples)
        guard !rows.isEmpty else {
            throw TrainingError(.invalidExamples, "a participant needs at least one example to train on")
        }
        if let bad = rows.first(where: { !(0..<examples.count).contains($0) }) {
            throw TrainingError(.invalidExamples, "there is no row \(bad) among \(examples.count) examples")
        }
        guard configuration.batchSize <= batchSize else {
            throw TrainingError(
                .invalidConfiguration,
                "batches of \(configuration.batchSize) examples; the trainer was made for \(batchSize)"
            )
        }
    }

    private func load(_ parameters: borrowing ParameterSet, configuration: TrainingConfiguration) {
        unsafe parameters.values.withUnsafeValues { values in
            guard let source = values.baseAddress else { return }
            forEachRow { place, layoutPlace, count in
                unsafe (memory.weights + place).update(from: source + layoutPlace, count: count)
            }
        }
        if configuration.momentum != 0 { memory.resetVelocity() }
        if configuration.proximal != 0 { memory.resetAnchor() }
    }

    /// Calls `body` with each row of each layer's kernel, and each bias: its place here, its place in the layout, and
    /// its count.
    func forEachRow(_ body: (_ place: Int, _ layoutPlace: Int, _ count: Int) -> Void) {
        for layer in plan.layers {
            for row in 0...layer.inputs {
                body(
                    layer.kernelOffset + row * layer.kernelStride,
                    layer.layoutKernelOffset + row * layer.outputs,
                    layer.outputs
                )
            }
        }
    }

    private func begin() {
        let wasBusy = isBusy.exchange(true, ordering: .acquiring)
        precondition(!wasBusy, "two threads use one trainer at the same time")
    }

    private func end() {
        isBusy.store(false, ordering: .releasing)
    }

    /// What has been done since training began.
    struct Progress {
        var stepCount = 0
        var exampleCount = 0
        var lossSum = 0.0

        var summary: TrainingSummary {
            TrainingSummary(
                stepCount: stepCount,
                exampleCount: exampleCount,
                meanLoss: lossSum / Double(exampleCount)
            )
        }
    }
}
