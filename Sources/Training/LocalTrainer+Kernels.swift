internal import CKernels
internal import Tensors

extension LocalTrainer {
    /// Takes one step for each batch of an epoch. The loop allocates nothing and counts no references.
    ///
    /// - Throws: `TrainingError` with code `diverged` if a step's loss is not finite.
    func trainEpoch(
        on examples: LabelledExamples,
        order: [Int],
        configuration: TrainingConfiguration,
        progress: inout Progress
    ) throws(TrainingError) {
        let sgd = tk_sgd(
            learning_rate: configuration.learningRate,
            momentum: configuration.momentum,
            weight_decay: configuration.weightDecay,
            proximal: configuration.proximal
        )
        let parameters = unsafe tk_parameters(
            weights: memory.weights,
            velocity: configuration.momentum != 0 ? memory.velocity : nil,
            anchor: configuration.proximal != 0 ? UnsafePointer(memory.anchor) : nil
        )
        let batch = unsafe Batch(
            inputs: memory.inputs,
            inputStride: plan.inputStride,
            labels: memory.labels,
            rows: memory.rows
        )
        let (pass, featureCount, batchSize) = (pass, examples.featureCount, configuration.batchSize)
        let isFinite = unsafe examples.features.withUnsafeValues { features in
            order.withUnsafeBufferPointer { order in
                examples.labels.withUnsafeBufferPointer { labels in
                    guard let features = features.baseAddress else { return true }
                    for start in stride(from: 0, to: order.count, by: batchSize) {
                        let count = min(batchSize, order.count - start)
                        for place in 0..<count {
                            let row = unsafe order[start + place]
                            unsafe batch.rows[place] = Int64(row)
                            unsafe batch.labels[place] = labels[row]
                        }
                        unsafe tk_gather_rows(
                            count,
                            featureCount,
                            features,
                            featureCount,
                            batch.rows,
                            batch.inputs,
                            batch.inputStride
                        )
                        let loss = unsafe Self.step(pass, batch, count: count, parameters: parameters, sgd: sgd)
                        guard loss.isFinite else { return false }
                        progress.lossSum += loss
                        progress.stepCount += 1
                        progress.exampleCount += count
                    }
                    return true
                }
            }
        }
        guard isFinite else {
            throw TrainingError(
                .diverged,
                """
                the loss is not finite at step \(progress.stepCount); lower the learning rate \
                (\(configuration.learningRate)) or check the features
                """
            )
        }
    }

    /// One step: forwards, loss, backwards, each layer's gradient going straight into its weights.
    ///
    /// - Returns: the sum of the batch's losses.
    private static func step(
        _ pass: NetworkPass,
        _ batch: Batch,
        count: Int,
        parameters: tk_parameters,
        sgd: tk_sgd
    ) -> Double {
        let weights = unsafe UnsafePointer(parameters.weights)
        let inputs = unsafe UnsafePointer(batch.inputs)
        unsafe pass.forward(rows: count, weights: weights, inputs: inputs, inputStride: batch.inputStride)
        unsafe pass.loss(rows: count, labels: batch.labels, scale: 1 / Float(count))
        unsafe pass.backward(
            rows: count,
            weights: weights,
            inputs: inputs,
            inputStride: batch.inputStride
        ) { layer, source, sourceStride, delta in
            let kernel = unsafe parameters.advanced(by: layer.kernelOffset)
            let bias = unsafe parameters.advanced(by: layer.biasOffset)
            unsafe pass.kernels.gemm_tn_sgd(
                layer.inputs,
                layer.outputs,
                count,
                source,
                sourceStride,
                delta,
                layer.stride,
                kernel,
                layer.kernelStride,
                sgd
            )
            unsafe pass.kernels.column_sums(count, layer.outputs, delta, layer.stride, pass.biasGradient)
            unsafe pass.kernels.sgd_step(layer.outputs, pass.biasGradient, bias, sgd)
        }
        return pass.lossSum(rows: count)
    }

    /// Rounds the difference from the global model to the grid, row by row.
    func quantise(
        onGrid grid: Grid,
        against global: borrowing ParameterSet,
        into update: inout ParameterSet
    ) throws(TrainingError) -> Int {
        var saturatedCount = 0
        var notFinite: Int?
        unsafe global.values.withUnsafeValues { values in
            unsafe update.values.withUnsafeMutableValues { updates in
                guard let values = values.baseAddress, let updates = updates.baseAddress else { return }
                forEachRow { place, layoutPlace, count in
                    let found = unsafe pass.kernels.quantise(
                        count,
                        memory.weights + place,
                        values + layoutPlace,
                        Int32(grid.fractionBits),
                        updates + layoutPlace
                    )
                    saturatedCount += found.saturated
                    if found.first_not_finite < count, notFinite == nil {
                        notFinite = layoutPlace + found.first_not_finite
                    }
                }
            }
        }
        if let notFinite {
            throw TrainingError(
                .diverged,
                "parameter \(notFinite) is not finite after training; lower the learning rate"
            )
        }
        return saturatedCount
    }

    /// Where a batch is gathered.
    private struct Batch {
        let inputs: UnsafeMutablePointer<Float>
        let inputStride: Int
        let labels: UnsafeMutablePointer<UInt8>
        let rows: UnsafeMutablePointer<Int64>
    }
}

extension tk_parameters {
    /// The same parameters from the `offset`-th on.
    fileprivate func advanced(by offset: Int) -> tk_parameters {
        unsafe tk_parameters(
            weights: weights + offset,
            velocity: velocity.map { unsafe $0 + offset },
            anchor: anchor.map { unsafe $0 + offset }
        )
    }
}
