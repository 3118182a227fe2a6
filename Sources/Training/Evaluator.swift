package import Tensors

/// Computes a model's loss, accuracy and gradient over a set of examples: the same bits for any number of threads.
///
/// Examples are taken in micro-batches of 256 rows, each on its own; their results are added in the order of the rows.
package final class Evaluator: Sendable {
    /// Rows of one micro-batch; the last may have fewer.
    package static let microBatchSize = 256

    /// The shape of the models it evaluates.
    package let architecture: ModelArchitecture
    /// The kernels it uses.
    package let variant: KernelVariant

    /// An evaluator. It holds no memory between calls.
    ///
    /// - Parameter variant: the kernels to use; those that `KernelVariant.selected()` names by default.
    /// - Throws: `TrainingError` with code `unsupportedKernels` if the kernels cannot run here.
    package init(architecture: ModelArchitecture, variant: KernelVariant? = nil) throws(TrainingError) {
        if let variant {
            self.variant = variant
        } else {
            self.variant = try KernelVariant.selected()
        }
        guard self.variant.isSupported else {
            throw TrainingError(.unsupportedKernels, "this machine cannot run the \(self.variant.rawValue) kernels")
        }
        self.architecture = architecture
    }

    /// Loss and accuracy.
    ///
    /// - Parameters:
    ///   - parameters: the model.
    ///   - examples: where the rows are.
    ///   - rows: a run of rows to evaluate; all of them by default.
    ///   - threads: most threads to use. Memory is one micro-batch's activations for each.
    /// - Throws: `TrainingError` with code `layoutMismatch`, `invalidExamples` or `invalidConfiguration` if the
    ///   arguments do not fit, or `diverged` if the loss is not finite.
    package func evaluate(
        _ parameters: borrowing ParameterSet,
        on examples: LabelledExamples,
        rows: Range<Int>? = nil,
        threads: Int = 1
    ) throws(TrainingError) -> Evaluation {
        let rows = rows ?? 0..<examples.count
        try check(parameters.layout, examples, rows: rows, threads: threads)
        let partials = try losses(of: parameters, on: examples, rows: rows, threads: threads)
        var lossSum = 0.0
        var correctCount = 0
        for partial in partials {
            lossSum += partial.lossSum
            correctCount += partial.correctCount
        }
        return Evaluation(
            meanLoss: try mean(lossSum, count: rows.count),
            correctCount: correctCount,
            exampleCount: rows.count
        )
    }

    /// The gradient of the mean loss over the examples.
    ///
    /// - Parameters:
    ///   - parameters: where the gradient is taken.
    ///   - examples: where the rows are.
    ///   - rows: a run of rows to average over; all of them by default.
    ///   - threads: most threads to use. Memory is one micro-batch's activations and one gradient for each.
    ///   - gradient: overwritten with the gradient.
    /// - Returns: the mean loss, as `evaluate` gives it.
    /// - Throws: as `evaluate`.
    @discardableResult
    package func gradient(
        of parameters: borrowing ParameterSet,
        on examples: LabelledExamples,
        rows: Range<Int>? = nil,
        threads: Int = 1,
        into gradient: inout ParameterSet
    ) throws(TrainingError) -> Double {
        let rows = rows ?? 0..<examples.count
        try check(parameters.layout, examples, rows: rows, threads: threads)
        try architecture.check(gradient.layout)
        let lossSum = try sumGradients(
            of: parameters,
            on: examples,
            rows: rows,
            threads: threads,
            into: &gradient
        )
        return try mean(lossSum, count: rows.count)
    }

    private func check(
        _ layout: ParameterLayout,
        _ examples: LabelledExamples,
        rows: Range<Int>,
        threads: Int
    ) throws(TrainingError) {
        try architecture.check(layout)
        try architecture.check(examples)
        guard !rows.isEmpty, rows.lowerBound >= 0, rows.upperBound <= examples.count else {
            throw TrainingError(
                .invalidExamples,
                "rows \(rows) of \(examples.count) examples; at least one is needed, all must exist"
            )
        }
        guard (1...TrainingLimits.threads).contains(threads) else {
            throw TrainingError(
                .invalidConfiguration,
                "\(threads) threads; 1 to \(TrainingLimits.threads) are allowed"
            )
        }
    }

    private func mean(_ lossSum: Double, count: Int) throws(TrainingError) -> Double {
        guard lossSum.isFinite else {
            throw TrainingError(
                .diverged,
                "the loss over \(count) examples is not finite; the model or a feature is not either"
            )
        }
        return lossSum / Double(count)
    }
}
