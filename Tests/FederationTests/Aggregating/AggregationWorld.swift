import Aggregation
import Attestation
import Federation
import Ledger
import Tensors
import Training

/// A small task with updates that are real gradient steps, so that scores mean something.
struct AggregationWorld {
    let task: TaskConfiguration
    let scoring: RoundAggregator.Scoring
    let blob: ParameterBlob
    let sets: EvaluationSets
    let model: SharedParameterSet
    let evaluator: Evaluator

    /// One contribution and its update.
    struct Contribution {
        let accepted: AcceptedContribution
        let update: CheckedUpdate
    }

    /// - Parameter fractionBits: of the grid; few allow updates so large that a model diverges.
    init(
        server: TaskConfiguration.ServerRule = TaskConfiguration.ServerRule(learningRate: 1, momentum: 0),
        scoring: RoundAggregator.Scoring = .full,
        fractionBits: Int = 24
    ) throws {
        var task = try Fixtures.task(
            server: server, weights: WeightRule(weighting: scoring == .version1 ? .claimed : .units))
        task.grid = try Grid(fractionBits: fractionBits)
        self.task = task
        self.scoring = scoring
        blob = ParameterBlob(layout: task.architecture.parameterLayout)
        sets = EvaluationSets(
            validation: try Fixtures.examples(count: 300, draw: 100), test: try Fixtures.examples(count: 200, draw: 101)
        )
        model = SharedParameterSet(task.architecture.initialParameters(seed: 3))
        evaluator = try Evaluator(architecture: task.architecture)
    }

    func aggregator(
        _ start: RoundAggregator.Start? = nil,
        threads: Int = 1,
        cacheByteCount: Int = 1 << 30
    ) throws -> RoundAggregator {
        try RoundAggregator(
            task: task,
            scoring: scoring,
            blob: blob,
            start: start ?? RoundAggregator.Start(model: model),
            sets: sets,
            threads: threads,
            cacheByteCount: cacheByteCount
        )
    }

    /// Contributions of participants 0..<count to a round that starts from a model: a step down the gradient of each
    /// one's own examples. Their units are 4, 5, 6 and so on, up to 8, and those of odd numbers are shortened.
    func contributions(_ count: Int, from model: SharedParameterSet, round: UInt32, rate: Float = 0.1) throws
        -> [Contribution]
    {
        try (0..<count).map { number in
            let examples = try Fixtures.examples(count: 40 + 13 * number, draw: UInt64(round) * 1_000 + UInt64(number))
            var gradient = ParameterSet(zeros: blob.layout)
            try evaluator.gradient(of: model.parameters, on: examples, into: &gradient)
            let factor: UInt64 = number % 2 == 0 ? 4_096 : 4_096 - 300 * UInt64(round % 10)
            return try contribution(
                number, gradient.floats.map { -rate * $0 }, units: UInt32(4 + number % 5), factor: factor,
                samples: UInt64(examples.count))
        }
    }

    /// A contribution of those values, rounded to the grid. By the rules of version 1 its examples are its weight.
    func contribution(
        _ number: Int, _ values: [Float], units: UInt32 = 4, factor: UInt64 = 4_096, samples: UInt64 = 10
    ) throws -> Contribution {
        let set = SharedParameterSet(
            ParameterSet(layout: blob.layout, values: ParameterBuffer(values.map { Fixtures.onGrid($0, task.grid) }))
        )
        let update = try CheckedUpdate(checking: set, weight: 0, layout: blob.layout, grid: task.grid)
        return Contribution(
            accepted: AcceptedContribution(
                ticket: UInt64(number),
                participant: ParticipantNumber(number),
                weight: scoring == .version1 ? samples : UInt64(units) * factor,
                units: units,
                squaredNorm: update.squaredNorm,
                sampleCount: samples,
                update: blob.digest(of: set.parameters, threads: 1)
            ),
            update: update
        )
    }

    /// Folds contributions in the order given and seals the round.
    func seal(
        _ aggregator: RoundAggregator,
        _ contributions: [Contribution],
        round: UInt32,
        order: [Int]? = nil
    ) throws -> RoundResult {
        for index in order ?? Array(contributions.indices) {
            try aggregator.fold(contributions[index].update, contributions[index].accepted)
        }
        return try aggregator.seal(round: round, accepted: contributions.map(\.accepted)) {
            accepted throws(FederationError) in
            guard let found = contributions.first(where: { $0.accepted == accepted }) else {
                throw FederationError(.unusableUpdate, "unknown")
            }
            return try recalled(found)
        }
    }

    /// A contribution's update as it is recalled: with its weight.
    private func recalled(_ contribution: Contribution) throws(FederationError) -> CheckedUpdate {
        do { return try contribution.update.weighted(Int64(contribution.accepted.weight)) } catch {
            throw FederationError(.unusableUpdate, error.message)
        }
    }

    /// Runs rounds one after the other from a start, each with contributions trained from its own model.
    func run(_ aggregator: RoundAggregator, rounds: ClosedRange<UInt32>) throws -> [RoundResult] {
        try rounds.map { round in
            try seal(aggregator, contributions(4, from: aggregator.model, round: round), round: round)
        }
    }
}

extension ScoredHistory {
    /// The bits of every step and echo, newest first: equal histories have equal bits.
    var bits: [[UInt64]] { rounds.flatMap { [$0.step.bits, $0.echo.bits] } }
}

extension SharedVector {
    var bits: [UInt64] { values.withUnsafeValues { $0.map(\.bitPattern) } }
    var doubles: [Double] { values.withUnsafeValues { Array($0) } }
}
