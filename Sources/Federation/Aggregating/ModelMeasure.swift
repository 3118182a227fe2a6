internal import Ledger
internal import Synchronization
internal import Tensors
internal import Training
internal import Valuation

/// What the coordinator's examples say of a model.
struct ModelMeasure: Sendable {
    let evaluator: Evaluator
    let validation: LabelledExamples
    let test: LabelledExamples
    let threads: Int

    /// - Throws: `FederationError` with code `underlying` if this machine cannot run the kernels.
    init(
        _ task: TaskConfiguration, validation: LabelledExamples, test: LabelledExamples, threads: Int
    ) throws(FederationError) {
        do {
            evaluator = try Evaluator(architecture: task.architecture)
        } catch {
            throw FederationError(.underlying, "\(error)")
        }
        self.validation = validation
        self.test = test
        self.threads = threads
    }

    /// The mean validation loss, in nat.
    func validationLoss(of model: borrowing ParameterSet) throws(FederationError) -> Double {
        try evaluate(model, on: validation, threads: threads).meanLoss
    }

    /// What the test examples say.
    func test(_ model: borrowing ParameterSet) throws(FederationError) -> Evaluation {
        try evaluate(model, on: test, threads: threads)
    }

    /// The mean validation loss in nat, and what the test examples say.
    ///
    /// Sets too small to be split over threads are taken at the same time; the results do not depend on it.
    func validationLossAndTest(
        of model: borrowing ParameterSet
    ) throws(FederationError) -> (validationLoss: Double, test: Evaluation) {
        guard threads > 1, max(validation.count, test.count) <= Evaluator.microBatchSize else {
            return (try validationLoss(of: model), try evaluate(model, on: test, threads: threads))
        }
        let results = Mutex<[Result<Evaluation, FederationError>?]>([nil, nil])
        withUnsafePointer(to: model) { model in
            nonisolated(unsafe) let model = model
            WorkSplit.forEachItem(of: 2, threads: 2) { item, _ in
                let result = Result { () throws(FederationError) in
                    try evaluate(model.pointee, on: item == 0 ? validation : test, threads: 1)
                }
                results.withLock { $0[item] = result }
            }
        }
        let both = results.withLock { $0 }
        guard let first = both[0], let second = both[1] else { preconditionFailure("both sets were evaluated") }
        return (try first.get().meanLoss, try second.get())
    }

    private func evaluate(
        _ model: borrowing ParameterSet, on examples: LabelledExamples, threads: Int
    ) throws(FederationError) -> Evaluation {
        do {
            return try evaluator.evaluate(model, on: examples, threads: threads)
        } catch {
            throw FederationError(.diverged, "\(error)", hint: "lower the learning rate")
        }
    }

    /// The metrics of a round, losses in units of the ledger.
    func metrics(
        lossBefore: Double, lossAfter: Double, test: Evaluation, scoreGap: Int64
    ) throws(FederationError) -> RoundMetrics {
        RoundMetrics(
            validationLossBefore: try Self.units(lossBefore),
            validationLossAfter: try Self.units(lossAfter),
            testAccuracyPpm: UInt32(test.correctCount * 1_000_000 / test.exampleCount),
            testLoss: try Self.units(test.meanLoss),
            scoreGap: scoreGap
        )
    }

    /// The largest loss of a model that has not diverged: nine million nat, so that scores fit 64 bits.
    private static let largestLoss = 9e6

    /// Losses on the ledger are integers of 10^-12 nat.
    ///
    /// - Throws: `FederationError` with code `diverged` for a loss that is not finite or past nine million nat.
    static func units(_ nats: Double) throws(FederationError) -> Int64 {
        guard nats.magnitude <= largestLoss else {
            throw FederationError(.diverged, "a loss of \(nats) nat", hint: "lower the learning rate")
        }
        do { return try ScoreUnit.units(ofNats: nats) } catch { throw FederationError(.diverged, error.message) }
    }
}
