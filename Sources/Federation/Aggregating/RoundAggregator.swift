package import Aggregation
internal import Attestation
internal import Ledger
package import Tensors
internal import Training
internal import Valuation

/// Averages, evaluates and scores rounds: the numerical half of a coordinator. Simulator, server and auditor use the
/// same one, so what is paid is what is audited.
///
/// Memory: the model (4 bytes a value), the sums (8), while scoring four more models, and the accepted updates of the
/// open round up to `cacheByteCount`; what is over that is recalled. A task that pays samples takes no gradients and
/// keeps no updates; `StreamingAggregator` gives the same for it in the memory of the model. Not Sendable: one thread
/// drives it.
package final class RoundAggregator {
    /// What a round starts from.
    package struct Start {
        package let model: SharedParameterSet
        /// The model before the last change; nil before the first. Its difference to `model` is the last global delta.
        /// Of no use to a task that pays samples.
        package let previousModel: SharedParameterSet?
        /// The server optimiser's momentum, as `serverState()` gave it.
        package let serverState: [UInt8]?

        package init(
            model: SharedParameterSet,
            previousModel: SharedParameterSet? = nil,
            serverState: [UInt8]? = nil
        ) {
            self.model = model
            self.previousModel = previousModel
            self.serverState = serverState
        }
    }

    /// The current global model.
    package private(set) var model: SharedParameterSet
    /// The model before the last change; nil before the first, and where the task pays samples: it has no use for it.
    package private(set) var previousModel: SharedParameterSet?

    private let task: TaskConfiguration
    private let blob: ParameterBlob
    private let measure: ModelMeasure
    private let threads: Int
    private let cacheByteCount: Int
    private var optimizer: ServerOptimizer
    private var sum: ExactAccumulator
    /// Accepted and not yet in the sum: several at once are added faster.
    private var waiting: [CheckedUpdate] = []
    /// Updates of the open round kept for scoring, by ticket.
    private var kept: [UInt64: CheckedUpdate] = [:]
    /// Gradient and loss of the current model on the validation set, if the last round left them.
    private var gradientAtModel: SharedParameterSet?
    private var lossAtModel: Double?

    /// Updates added to the sum at once.
    private static let foldBatchCount = 8

    /// An aggregator at the start of a round.
    ///
    /// - Parameters:
    ///   - cacheByteCount: bytes of accepted updates kept in memory for scoring.
    /// - Throws: `FederationError` if the task's rules or the server state cannot be used.
    package init(
        task: TaskConfiguration,
        blob: ParameterBlob,
        start: Start,
        validation: LabelledExamples,
        test: LabelledExamples,
        threads: Int,
        cacheByteCount: Int = 1 << 30
    ) throws(FederationError) {
        self.task = task
        self.blob = blob
        self.threads = threads
        self.cacheByteCount = task.reward.score.isPath ? cacheByteCount : 0
        model = start.model
        previousModel = task.reward.score.isPath ? start.previousModel : nil
        measure = try ModelMeasure(task, validation: validation, test: test, threads: threads)
        do {
            optimizer = try ServerOptimizer.resuming(
                learningRate: task.server.learningRate,
                momentum: task.server.momentum,
                state: start.serverState,
                count: blob.layout.count
            )
        } catch {
            throw FederationError(.underlying, "\(error)")
        }
        sum = ExactAccumulator(count: blob.layout.count, grid: task.grid)
    }

    /// The server optimiser's momentum, nil if it has none.
    package func serverState() -> [UInt8]? { optimizer.state() }

    /// Adds an accepted update to the round's sum.
    package func fold(_ update: CheckedUpdate, _ contribution: AcceptedContribution) throws(FederationError) {
        waiting.append(update)
        if waiting.count >= Self.foldBatchCount { try foldWaiting() }
        if (kept.count + 1) * blob.byteCount <= cacheByteCount { kept[contribution.ticket] = update }
    }

    /// Drops the round's sum.
    package func abandon() {
        waiting.removeAll()
        kept.removeAll()
        sum = ExactAccumulator(count: blob.layout.count, grid: task.grid)
    }

    /// Ends a round: moves the model by the average and scores every contribution.
    ///
    /// - Parameters:
    ///   - accepted: the round's contributions, ascending by participant; all were folded.
    ///   - recall: gives back an update that memory did not hold.
    /// - Throws: `FederationError` with code `diverged` if a loss or the model is not finite, `unusableUpdate` if an
    ///   update cannot be recalled.
    package func seal(
        round: UInt32,
        accepted: [AcceptedContribution],
        recall: (AcceptedContribution) throws(FederationError) -> CheckedUpdate
    ) throws(FederationError) -> RoundResult {
        try foldWaiting()
        guard task.reward.score.isPath else { return try sealBySamples(round: round, accepted) }
        let path = try pathAlongRound()
        let lossBefore = try ModelMeasure.units(path.lossBefore)
        let lossAtEnd = try ModelMeasure.units(path.lossAtEnd)
        let scores = try score(accepted, path.gradient, lastDelta: path.lastDelta, recall)
        let gap = EfficiencyGap(scores: scores.map(\.full), lossBefore: lossBefore, lossAfter: lossAtEnd)
        return try finish(
            round, aggregate: sum.digest(), scores: scores, lossBefore: path.lossBefore, scoreGap: gap.gap,
            isGapWide: gap.warning != nil)
    }

    /// Ends a round of a task that pays samples: no gradients, no path scores, and the sums are not digested.
    private func sealBySamples(
        round: UInt32, _ accepted: [AcceptedContribution]
    ) throws(FederationError) -> RoundResult {
        let lossBefore = try measuredLoss()
        do {
            var next = model.parameters.copy()
            try optimizer.step(model: &next, updates: sum, threads: threads)
            model = SharedParameterSet(next)
        } catch {
            throw FederationError(.diverged, "\(error)", hint: "lower the learning rate")
        }
        lossAtModel = nil
        return try finish(
            round, aggregate: nil, scores: ModelMeasure.sampleScores(accepted), lossBefore: lossBefore, scoreGap: 0,
            isGapWide: false)
    }

    /// The validation loss of the current model, taken now unless the last round left it.
    private func measuredLoss() throws(FederationError) -> Double {
        if let lossAtModel { return lossAtModel }
        return try measure.validationLoss(of: model.parameters)
    }

    /// Measures the new model and drops what the round held.
    private func finish(
        _ round: UInt32, aggregate: Digest?, scores: [ContributionScore], lossBefore: Double, scoreGap: Int64,
        isGapWide: Bool
    ) throws(FederationError) -> RoundResult {
        let lossAfter: Double
        let tested: Evaluation
        if let known = lossAtModel {
            (lossAfter, tested) = (known, try measure.test(model.parameters))
        } else {
            (lossAfter, tested) = try measure.validationLossAndTest(of: model.parameters)
        }
        lossAtModel = lossAfter
        let metrics = try measure.metrics(
            lossBefore: lossBefore, lossAfter: lossAfter, test: tested, scoreGap: scoreGap)
        abandon()
        return RoundResult(
            round: round,
            aggregate: aggregate,
            model: blob.digest(of: model.parameters, threads: threads),
            serverState: optimizer.stateDigest(),
            metrics: metrics,
            scores: scores,
            isGapWide: isGapWide)
    }

    private func foldWaiting() throws(FederationError) {
        guard !waiting.isEmpty else { return }
        do {
            try sum.fold(waiting, threads: threads)
        } catch {
            throw FederationError(.unusableUpdate, error.message)
        }
        waiting.removeAll(keepingCapacity: true)
    }
}

extension RoundAggregator {
    /// What scoring needs of a round's own step.
    private struct ScoredPath: ~Copyable {
        let gradient: PathGradient
        /// The model's last change before this round; nil before the first.
        let lastDelta: GlobalDelta?
        let lossBefore: Double
        /// At the end of the round's own step, without what momentum carried over.
        let lossAtEnd: Double
    }

    /// Takes the three gradients of the path score and moves the model.
    private func pathAlongRound() throws(FederationError) -> ScoredPath {
        do {
            return try takeStep()
        } catch let error as FederationError {
            throw error
        } catch {
            throw FederationError(.diverged, "\(error)", hint: "lower the learning rate")
        }
    }

    private func takeStep() throws -> ScoredPath {
        let layout = blob.layout
        let (start, lossBefore) = try gradientAtCurrentModel()
        var middle = ParameterSet(zeros: layout)
        let half = try optimizer.pathPoint(model: model.parameters, updates: sum, fraction: 0.5, threads: threads)
        try measure.evaluator.gradient(of: half, on: measure.validation, threads: threads, into: &middle)
        var end = ParameterSet(zeros: layout)
        let whole = try optimizer.pathPoint(model: model.parameters, updates: sum, fraction: 1, threads: threads)
        let lossAtEnd = try measure.evaluator.gradient(of: whole, on: measure.validation, threads: threads, into: &end)
        let gradient = try PathGradient(
            start: start.parameters.values,
            middle: middle.values,
            end: end.values,
            threads: threads
        )
        let lastDelta = try previousModel.map {
            try GlobalDelta(from: $0.parameters.values, to: model.parameters.values, threads: threads)
        }
        var next = model.parameters.copy()
        try optimizer.step(model: &next, updates: sum, threads: threads)
        previousModel = model
        model = SharedParameterSet(next)
        if task.server.momentum > 0 {
            gradientAtModel = nil
            lossAtModel = nil
        } else {
            // The end of the round's own step is the new model, bit for bit.
            gradientAtModel = SharedParameterSet(end)
            lossAtModel = lossAtEnd
        }
        return ScoredPath(
            gradient: gradient,
            lastDelta: lastDelta,
            lossBefore: lossBefore,
            lossAtEnd: lossAtEnd
        )
    }

    /// The validation gradient and loss at the current model, taken now unless the last round left them.
    private func gradientAtCurrentModel() throws -> (SharedParameterSet, loss: Double) {
        if let gradientAtModel, let lossAtModel { return (gradientAtModel, lossAtModel) }
        var gradient = ParameterSet(zeros: blob.layout)
        let loss = try measure.evaluator.gradient(
            of: model.parameters, on: measure.validation, threads: threads, into: &gradient)
        let shared = SharedParameterSet(gradient)
        gradientAtModel = shared
        lossAtModel = loss
        return (shared, loss)
    }

    private func score(
        _ accepted: [AcceptedContribution],
        _ gradient: consuming PathGradient,
        lastDelta: consuming GlobalDelta?,
        _ recall: (AcceptedContribution) throws(FederationError) -> CheckedUpdate
    ) throws(FederationError) -> [ContributionScore] {
        do {
            let scorer = try PathScorer(
                gradient: gradient,
                lastDelta: lastDelta,
                grid: task.grid,
                learningRate: task.server.learningRate,
                totalWeight: sum.totalWeight,
                threads: threads
            )
            var scores: [ContributionScore] = []
            for contribution in accepted {
                let update = try kept[contribution.ticket] ?? recall(contribution)
                let score = try scorer.score(
                    update.parameters.parameters,
                    weight: Int64(contribution.weight),
                    threads: threads
                )
                scores.append(
                    ContributionScore(
                        participant: contribution.participant,
                        full: score.full,
                        novel: score.novel,
                        samples: contribution.weight
                    )
                )
            }
            return scores
        } catch let error as FederationError {
            throw error
        } catch {
            throw FederationError(.diverged, "\(error)")
        }
    }
}
