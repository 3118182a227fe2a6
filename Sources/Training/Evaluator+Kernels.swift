internal import CKernels
internal import Tensors

extension Evaluator {
    /// One micro-batch's share of the result.
    struct Partial {
        var lossSum = 0.0
        var correctCount = 0
    }

    /// The loss and the correct answers of each micro-batch, in order.
    func losses(
        of parameters: borrowing ParameterSet,
        on examples: LabelledExamples,
        rows: Range<Int>,
        threads: Int
    ) throws(TrainingError) -> [Partial] {
        let count = (rows.count + Self.microBatchSize - 1) / Self.microBatchSize
        let workers = try makeWorkers(count: min(threads, count), rowCount: rows.count)
        var partials = [Partial](repeating: Partial(), count: count)
        withTask(parameters, examples, rows: rows) { task in
            partials.withUnsafeMutableBufferPointer { partials in
                let results = unsafe Shared(partials)
                WorkSplit.forEachItem(of: count, threads: workers.count) { item, worker in
                    unsafe results.pointer[item] = task.evaluate(item, workers[worker].pass)
                }
            }
        }
        return partials
    }

    /// Adds the micro-batches' gradients in order, as many at a time as there are threads.
    ///
    /// - Returns: the sum of all losses.
    func sumGradients(
        of parameters: borrowing ParameterSet,
        on examples: LabelledExamples,
        rows: Range<Int>,
        threads: Int,
        into gradient: inout ParameterSet
    ) throws(TrainingError) -> Double {
        let count = (rows.count + Self.microBatchSize - 1) / Self.microBatchSize
        let workers = try makeWorkers(count: min(threads, count), rowCount: rows.count)
        let kernels = try variant.kernels()
        let slots = workers.map { _ in GradientSlot(count: architecture.parameterLayout.count) }
        let parameterCount = architecture.parameterLayout.count
        var lossSum = 0.0
        withTask(parameters, examples, rows: rows) { task in
            unsafe gradient.values.withUnsafeMutableValues { total in
                total.update(repeating: 0)
                let total = unsafe Shared(total)
                for first in stride(from: 0, to: count, by: slots.count) {
                    let filled = min(slots.count, count - first)
                    WorkSplit.forEachItem(of: filled, threads: workers.count) { item, worker in
                        unsafe slots[item].lossSum = task.gradient(
                            first + item,
                            workers[worker].pass,
                            into: slots[item].values
                        )
                    }
                    WorkSplit.forEachRange(of: parameterCount, grain: 4_096, threads: workers.count) { range in
                        guard let target = unsafe total.pointer.baseAddress else { return }
                        for slot in slots[..<filled] {
                            unsafe kernels.add(
                                range.count,
                                slot.values + range.lowerBound,
                                target + range.lowerBound
                            )
                        }
                    }
                    for slot in slots[..<filled] { lossSum += slot.lossSum }
                }
            }
        }
        return lossSum
    }

    private func makeWorkers(count: Int, rowCount: Int) throws(TrainingError) -> [Worker] {
        let plan = NetworkPlan(architecture, aligned: false)
        var workers: [Worker] = []
        for _ in 0..<count {
            let workspace = try BatchWorkspace(plan: plan, capacity: min(Self.microBatchSize, rowCount))
            workers.append(Worker(workspace: workspace, pass: try NetworkPass(workspace, variant: variant)))
        }
        return workers
    }

    private func withTask(
        _ parameters: borrowing ParameterSet,
        _ examples: LabelledExamples,
        rows: Range<Int>,
        _ body: (Task) -> Void
    ) {
        unsafe parameters.values.withUnsafeValues { weights in
            unsafe examples.features.withUnsafeValues { features in
                examples.labels.withUnsafeBufferPointer { labels in
                    guard let weights = weights.baseAddress, let features = features.baseAddress,
                        let labels = labels.baseAddress
                    else { return }
                    unsafe body(
                        Task(
                            weights: weights,
                            features: features,
                            labels: labels,
                            featureCount: examples.featureCount,
                            rows: rows
                        )
                    )
                }
            }
        }
    }

    /// One thread's memory.
    private struct Worker: @unchecked Sendable {
        let workspace: BatchWorkspace
        let pass: NetworkPass
    }

    /// One micro-batch's gradient. Written by one thread at a time.
    private final class GradientSlot: @unchecked Sendable {
        let values: UnsafeMutablePointer<Float>
        var lossSum = 0.0
        private let count: Int

        init(count: Int) {
            self.count = count
            values = BatchWorkspace.zeros(count)
        }

        deinit { unsafe BatchWorkspace.free(values, count) }
    }

    /// Memory that threads write in different places.
    private struct Shared<Element>: @unchecked Sendable {
        let pointer: UnsafeMutableBufferPointer<Element>
        init(_ pointer: UnsafeMutableBufferPointer<Element>) { unsafe self.pointer = pointer }
    }

    /// What all micro-batches read.
    private struct Task: @unchecked Sendable {
        let weights: UnsafePointer<Float>
        let features: UnsafePointer<Float>
        let labels: UnsafePointer<UInt8>
        let featureCount: Int
        let rows: Range<Int>

        private func range(of item: Int) -> Range<Int> {
            let start = rows.lowerBound + item * Evaluator.microBatchSize
            return start..<min(start + Evaluator.microBatchSize, rows.upperBound)
        }

        func evaluate(_ item: Int, _ pass: NetworkPass) -> Partial {
            let range = range(of: item)
            unsafe pass.forward(
                rows: range.count,
                weights: weights,
                inputs: features + range.lowerBound * featureCount,
                inputStride: featureCount
            )
            unsafe pass.loss(rows: range.count, labels: labels + range.lowerBound)
            let last = unsafe pass.layers[pass.layers.count - 1]
            return unsafe Partial(
                lossSum: pass.lossSum(rows: range.count),
                correctCount: tk_count_correct(
                    range.count,
                    last.outputs,
                    pass.logits,
                    last.stride,
                    labels + range.lowerBound
                )
            )
        }

        /// Overwrites `gradient` with the micro-batch's share of the mean loss's gradient.
        func gradient(_ item: Int, _ pass: NetworkPass, into gradient: UnsafeMutablePointer<Float>) -> Double {
            let range = range(of: item)
            let inputs = unsafe features + range.lowerBound * featureCount
            unsafe pass.forward(rows: range.count, weights: weights, inputs: inputs, inputStride: featureCount)
            unsafe pass.loss(rows: range.count, labels: labels + range.lowerBound, scale: 1 / Float(rows.count))
            unsafe pass.backward(
                rows: range.count,
                weights: weights,
                inputs: inputs,
                inputStride: featureCount
            ) { layer, source, sourceStride, delta in
                unsafe pass.kernels.gemm_tn(
                    layer.inputs,
                    layer.outputs,
                    range.count,
                    source,
                    sourceStride,
                    delta,
                    layer.stride,
                    gradient + layer.kernelOffset,
                    layer.kernelStride
                )
                unsafe pass.kernels.column_sums(
                    range.count,
                    layer.outputs,
                    delta,
                    layer.stride,
                    gradient + layer.biasOffset
                )
            }
            return pass.lossSum(rows: range.count)
        }
    }
}
