package import Aggregation
internal import Attestation
package import Ledger
internal import Rewards
package import Tensors
internal import Training
package import Valuation

/// Averages, evaluates and scores rounds: the numerical half of a coordinator. Simulator, server and auditor use the
/// same one, so what is paid is what is audited.
///
/// Memory: the model (4 bytes a value), the sums (8), while scoring four more models, the last scored rounds (16 each)
/// and their directions (up to 8 each), and the accepted updates of the open round up to `cacheByteCount`; what is over
/// that is recalled, eight at a time. A task that pays no value takes no gradients and keeps no updates;
/// `StreamingAggregator` gives the same for it in the memory of the model. Not Sendable: one thread drives it.
package final class RoundAggregator {
    /// How contributions are scored.
    package enum Scoring: Equatable, Sendable {
        /// Not at all: no validation gradients are taken.
        case none
        /// The whole path score, and beside it what the last steps do not predict, for people.
        case full
        /// The part that neither the last steps nor their echoes predict is what is paid.
        case novel
        /// Rules version 1: the novel part beside the last change of the model.
        case version1

        /// How a task's terms want it.
        package init(_ terms: TaskTerms) {
            self = terms.score != .value ? .none : terms.trust == .open ? .novel : .full
        }
    }

    /// What a round starts from.
    package struct Start {
        package let model: SharedParameterSet
        /// The model before the last change; nil before the first. For rules version 1 alone.
        package let previousModel: SharedParameterSet?
        /// The server optimiser's momentum, as `serverState()` gave it.
        package let serverState: [UInt8]?
        /// The last scored rounds.
        package let history: ScoredHistory

        package init(
            model: SharedParameterSet,
            previousModel: SharedParameterSet? = nil,
            serverState: [UInt8]? = nil,
            history: ScoredHistory = ScoredHistory()
        ) {
            self.model = model
            self.previousModel = previousModel
            self.serverState = serverState
            self.history = history
        }
    }

    /// The current global model.
    package private(set) var model: SharedParameterSet
    /// The model before the last change; nil before the first, and where nothing is scored.
    package private(set) var previousModel: SharedParameterSet?
    /// The last scored rounds.
    package private(set) var history: ScoredHistory
    /// How alike participants' summed residuals are, for people; nil where nothing is scored by the rules of version 2.
    package private(set) var likeness: ResidualSketch?

    private let task: TaskConfiguration
    private let scoring: Scoring
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
    /// The directions of the last scored rounds, made when the round's first update comes: while others still train.
    private var basis: SurpriseBasis?

    /// Updates added to the sum, or scored, at once.
    private static let foldBatchCount = 8

    /// An aggregator at the start of a round.
    ///
    /// - Parameters:
    ///   - scoring: how contributions are scored.
    ///   - cacheByteCount: bytes of accepted updates kept in memory for scoring.
    /// - Throws: `FederationError` if the task's rules or the server state cannot be used.
    package init(
        task: TaskConfiguration,
        scoring: Scoring,
        blob: ParameterBlob,
        start: Start,
        sets: EvaluationSets,
        threads: Int,
        cacheByteCount: Int = 1 << 30
    ) throws(FederationError) {
        self.task = task
        self.scoring = scoring
        self.blob = blob
        self.threads = threads
        self.cacheByteCount = scoring == .none ? 0 : cacheByteCount
        model = start.model
        previousModel = scoring == .none ? nil : start.previousModel
        history = start.history
        likeness = scoring == .full || scoring == .novel ? ResidualSketch(count: blob.layout.count, seed: 0) : nil
        measure = try ModelMeasure(task, validation: sets.validation, test: sets.test, threads: threads)
        optimizer = try Self.optimizer(of: task, state: start.serverState, count: blob.layout.count)
        sum = ExactAccumulator(count: blob.layout.count, grid: task.grid)
    }

    private static func optimizer(
        of task: TaskConfiguration, state: [UInt8]?, count: Int
    ) throws(FederationError) -> ServerOptimizer {
        do {
            return try ServerOptimizer.resuming(
                learningRate: task.server.learningRate, momentum: task.server.momentum, state: state, count: count)
        } catch {
            throw FederationError(.underlying, "\(error)")
        }
    }

    /// The server optimiser's momentum, nil if it has none.
    package func serverState() -> [UInt8]? { optimizer.state() }

    /// Adds an accepted update to the round's sum, with the contribution's weight.
    package func fold(_ update: CheckedUpdate, _ contribution: AcceptedContribution) throws(FederationError) {
        let weighted: CheckedUpdate
        do { weighted = try update.weighted(Int64(clamping: contribution.weight)) } catch {
            throw FederationError(.unusableUpdate, error.message)
        }
        // What goes wrong with it is told when the round is sealed.
        if basis == nil, scoring == .full || scoring == .novel { basis = try? roundBasis() }
        waiting.append(weighted)
        if waiting.count >= Self.foldBatchCount { try foldWaiting() }
        if (kept.count + 1) * blob.byteCount <= cacheByteCount { kept[contribution.ticket] = weighted }
    }

    /// Drops the round's sum.
    package func abandon() {
        waiting.removeAll()
        kept.removeAll()
        sum = ExactAccumulator(count: blob.layout.count, grid: task.grid)
    }

    /// Ends a round: moves the model by the average and scores every contribution. A round that diverges is a result
    /// too: the model stays, and nobody is scored.
    ///
    /// - Parameters:
    ///   - accepted: the round's contributions, ascending by participant; all were folded.
    ///   - recall: gives back an update that memory did not hold.
    /// - Throws: `FederationError` with code `unusableUpdate` if an update cannot be recalled.
    package func seal(
        round: UInt32,
        accepted: [AcceptedContribution],
        recall: (AcceptedContribution) throws(FederationError) -> CheckedUpdate
    ) throws(FederationError) -> RoundResult {
        let before = Before(self)
        do throws(FederationError) {
            try foldWaiting()
            guard sum.totalWeight > 0 else {
                throw FederationError(
                    .diverged, "every update is so long that the round's bound leaves it no weight")
            }
            guard scoring != .none else { return try sealUnscored(round: round, accepted) }
            return try sealScored(round, accepted, recall)
        } catch {
            guard error.code == .diverged else { throw error }
            try before.restore(self)
            return RoundResult(
                round: round, aggregate: nil, model: blob.digest(of: model.parameters, threads: threads),
                serverState: optimizer.stateDigest(), metrics: nil, scores: [], divergence: error.message)
        }
    }

    /// What a round that diverges leaves as it was.
    private struct Before {
        let model: SharedParameterSet
        let previousModel: SharedParameterSet?
        let serverState: [UInt8]?
        let gradientAtModel: SharedParameterSet?
        let lossAtModel: Double?

        init(_ aggregator: RoundAggregator) {
            model = aggregator.model
            previousModel = aggregator.previousModel
            serverState = aggregator.serverState()
            gradientAtModel = aggregator.gradientAtModel
            lossAtModel = aggregator.lossAtModel
        }

        func restore(_ aggregator: RoundAggregator) throws(FederationError) {
            aggregator.model = model
            aggregator.previousModel = previousModel
            aggregator.gradientAtModel = gradientAtModel
            aggregator.lossAtModel = lossAtModel
            aggregator.optimizer = try RoundAggregator.optimizer(
                of: aggregator.task, state: serverState, count: aggregator.blob.layout.count)
            aggregator.abandon()
        }
    }

    private func sealScored(
        _ round: UInt32, _ accepted: [AcceptedContribution],
        _ recall: (AcceptedContribution) throws(FederationError) -> CheckedUpdate
    ) throws(FederationError) -> RoundResult {
        let denominator = task.denominator(of: accepted)
        let path = try pathAlongRound(denominator)
        let startLoss = path.lossBefore
        let lossBefore = try ModelMeasure.units(startLoss)
        let lossAtEnd = try ModelMeasure.units(path.lossAtEnd)
        let (scores, residuals) = try score(accepted, path, denominator, recall)
        let gap = EfficiencyGap(scores: scores.map(\.full), lossBefore: lossBefore, lossAfter: lossAtEnd)
        let digest = sum.digest()
        let step = try scoredStep(denominator)
        let result = try finish(
            round, aggregate: digest, scores: scores, lossBefore: startLoss, scoreGap: gap.gap,
            isGapWide: gap.warning != nil, abandons: false)
        // Nothing may diverge from here on: the history is that of rounds that count.
        let echo = try echo(of: accepted, scores, recall)
        history.append(ScoredRound(round: round, step: SharedVector(step), echo: SharedVector(echo)))
        basis = nil
        if scoring != .version1 { likeness = residuals }
        abandon()
        return result
    }

    /// Ends a round of a task that pays no value: no gradients, no path scores, and the sums are not digested.
    private func sealUnscored(
        round: UInt32, _ accepted: [AcceptedContribution]
    ) throws(FederationError) -> RoundResult {
        let lossBefore = try measuredLoss()
        do {
            var next = model.parameters.copy()
            try optimizer.step(
                model: &next, updates: sum, denominator: task.denominator(of: accepted), threads: threads)
            model = SharedParameterSet(next)
        } catch {
            throw FederationError(.diverged, "\(error)", hint: "lower the learning rate")
        }
        lossAtModel = nil
        return try finish(
            round, aggregate: nil, scores: [], lossBefore: lossBefore, scoreGap: 0, isGapWide: false, abandons: true)
    }

    /// The validation loss of the current model, taken now unless the last round left it.
    private func measuredLoss() throws(FederationError) -> Double {
        if let lossAtModel { return lossAtModel }
        return try measure.validationLoss(of: model.parameters)
    }

    /// Measures the new model and drops what the round held.
    private func finish(
        _ round: UInt32, aggregate: Digest?, scores: [ContributionScore], lossBefore: Double, scoreGap: Int64,
        isGapWide: Bool, abandons: Bool
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
        if abandons { abandon() }
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
        /// The gradient less what the last scored rounds predict; nil in rules version 1.
        let surprise: SurpriseGradient?
        /// The model's last change before this round, in rules version 1; nil before the first.
        let lastDelta: GlobalDelta?
        let lossBefore: Double
        /// At the end of the round's own step, without what momentum carried over.
        let lossAtEnd: Double
    }

    /// Takes the three gradients of the path score and moves the model.
    private func pathAlongRound(_ denominator: Int64) throws(FederationError) -> ScoredPath {
        do {
            return try takeStep(denominator)
        } catch let error as FederationError {
            throw error
        } catch {
            throw FederationError(.diverged, "\(error)", hint: "lower the learning rate")
        }
    }

    private func takeStep(_ denominator: Int64) throws -> ScoredPath {
        let layout = blob.layout
        let (start, lossBefore) = try gradientAtCurrentModel()
        var middle = ParameterSet(zeros: layout)
        let half = try optimizer.pathPoint(
            model: model.parameters, updates: sum, denominator: denominator, fraction: 0.5, threads: threads)
        try measure.evaluator.gradient(of: half, on: measure.validation, threads: threads, into: &middle)
        var end = ParameterSet(zeros: layout)
        let whole = try optimizer.pathPoint(
            model: model.parameters, updates: sum, denominator: denominator, fraction: 1, threads: threads)
        let lossAtEnd = try measure.evaluator.gradient(of: whole, on: measure.validation, threads: threads, into: &end)
        let gradient = try PathGradient(
            start: start.parameters.values,
            middle: middle.values,
            end: end.values,
            threads: threads
        )
        let surprise =
            scoring == .version1
            ? nil
            : try SurpriseGradient(
                start: start.parameters.values, middle: middle.values, end: end.values,
                basis: basis ?? roundBasis(), threads: threads)
        let lastDelta =
            scoring != .version1
            ? nil
            : try previousModel.map {
                try GlobalDelta(from: $0.parameters.values, to: model.parameters.values, threads: threads)
            }
        var next = model.parameters.copy()
        try optimizer.step(model: &next, updates: sum, denominator: denominator, threads: threads)
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
            surprise: surprise,
            lastDelta: lastDelta,
            lossBefore: lossBefore,
            lossAtEnd: lossAtEnd
        )
    }

    /// The directions that the last scored rounds span.
    private func roundBasis() throws(ValuationError) -> SurpriseBasis {
        try history.basis(count: blob.layout.count, threads: threads)
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

    /// The round's own step, value by value.
    private func scoredStep(_ denominator: Int64) throws(FederationError) -> Float64Buffer {
        do { return try optimizer.scoredStep(updates: sum, denominator: denominator, threads: threads) } catch {
            throw FederationError(.diverged, error.message)
        }
    }

    /// The exact sum of the round's updates, each weighted by its positive novel score; zeros where echoes pay nothing.
    private func echo(
        of accepted: [AcceptedContribution], _ scores: [ContributionScore],
        _ recall: (AcceptedContribution) throws(FederationError) -> CheckedUpdate
    ) throws(FederationError) -> Float64Buffer {
        guard scoring == .novel else { return Float64Buffer(zeros: blob.layout.count) }
        let weights = EchoWeights.weights(effective: accepted.map(\.weight), novel: scores.map(\.novel))
        var echo = ExactAccumulator(count: blob.layout.count, grid: task.grid)
        var batch: [CheckedUpdate] = []
        do {
            for (contribution, weight) in zip(accepted, weights) where weight > 0 {
                let update = try kept[contribution.ticket] ?? recall(contribution)
                batch.append(try update.weighted(Int64(weight)))
                guard batch.count >= Self.foldBatchCount else { continue }
                try echo.fold(batch, threads: threads)
                batch.removeAll(keepingCapacity: true)
            }
            try echo.fold(batch, threads: threads)
        } catch let error as FederationError {
            throw error
        } catch {
            throw FederationError(.unusableUpdate, "\(error)")
        }
        return echo.integerSums(threads: threads)
    }

    private func score(
        _ accepted: [AcceptedContribution],
        _ path: consuming ScoredPath,
        _ denominator: Int64,
        _ recall: (AcceptedContribution) throws(FederationError) -> CheckedUpdate
    ) throws(FederationError) -> ([ContributionScore], ResidualSketch?) {
        do {
            let scorer = try RoundScorer(
                gradient: path.gradient, surprise: path.surprise, lastDelta: path.lastDelta,
                isVersion1: scoring == .version1, grid: task.grid, learningRate: task.server.learningRate,
                denominator: denominator, threads: threads)
            var residuals = likeness
            let steps = try history.rounds.map { try $0.step.sampled(by: likeness) }
            var scores: [ContributionScore] = []
            for start in stride(from: 0, to: accepted.count, by: Self.foldBatchCount) {
                let batch = accepted[start..<min(start + Self.foldBatchCount, accepted.count)]
                var updates: [(participant: ParticipantNumber, weight: Int64, update: SharedParameterSet)] = []
                for contribution in batch {
                    let update = try kept[contribution.ticket] ?? recall(contribution)
                    updates.append((contribution.participant, Int64(contribution.weight), update.parameters))
                }
                let worth = try scorer.scores(updates.map { ($0.update, $0.weight) }, threads: threads)
                try residuals?.add(updates, steps: steps)
                for (contribution, score) in zip(batch, worth) {
                    scores.append(
                        ContributionScore(
                            participant: contribution.participant, full: score.full, novel: score.novel,
                            samples: contribution.sampleCount))
                }
            }
            return (scores, residuals)
        } catch let error as FederationError {
            throw error
        } catch {
            throw FederationError(.diverged, "\(error)")
        }
    }
}
