import Aggregation
import Attestation
import Federation
import Ledger
import Tensors
import Training

/// A small task with updates that are real gradient steps, so that scores mean something.
struct AggregationWorld {
    let task: TaskConfiguration
    let blob: ParameterBlob
    let validation: LabelledExamples
    let test: LabelledExamples
    let model: SharedParameterSet
    private let evaluator: Evaluator

    /// One contribution and its update.
    struct Contribution {
        let accepted: AcceptedContribution
        let update: CheckedUpdate
    }

    init(server: TaskConfiguration.ServerRule = TaskConfiguration.ServerRule(learningRate: 1, momentum: 0)) throws {
        task = try Fixtures.task(server: server)
        blob = ParameterBlob(layout: task.architecture.parameterLayout)
        validation = try Fixtures.examples(count: 300, draw: 100)
        test = try Fixtures.examples(count: 200, draw: 101)
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
            blob: blob,
            start: start ?? RoundAggregator.Start(model: model),
            validation: validation,
            test: test,
            threads: threads,
            cacheByteCount: cacheByteCount
        )
    }

    /// Contributions of participants 0..<count to a round that starts from a model: a step down the gradient of each
    /// one's own examples.
    func contributions(_ count: Int, from model: SharedParameterSet, round: UInt32, rate: Float = 0.1) throws
        -> [Contribution]
    {
        try (0..<count).map { number in
            let examples = try Fixtures.examples(count: 40 + 13 * number, draw: UInt64(round) * 1_000 + UInt64(number))
            var gradient = ParameterSet(zeros: blob.layout)
            try evaluator.gradient(of: model.parameters, on: examples, into: &gradient)
            return try contribution(number, gradient.floats.map { -rate * $0 }, weight: UInt64(examples.count))
        }
    }

    /// A contribution of those values, rounded to the grid.
    func contribution(_ number: Int, _ values: [Float], weight: UInt64) throws -> Contribution {
        let set = SharedParameterSet(
            ParameterSet(layout: blob.layout, values: ParameterBuffer(values.map { Fixtures.onGrid($0, task.grid) }))
        )
        return Contribution(
            accepted: AcceptedContribution(
                ticket: UInt64(number),
                participant: ParticipantNumber(number),
                weight: weight,
                update: blob.digest(of: set.parameters, threads: 1)
            ),
            update: try CheckedUpdate(checking: set, weight: Int64(weight), layout: blob.layout, grid: task.grid)
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
            return found.update
        }
    }

    /// Runs rounds one after the other from a start, each with contributions trained from its own model.
    func run(_ aggregator: RoundAggregator, rounds: ClosedRange<UInt32>) throws -> [RoundResult] {
        try rounds.map { round in
            try seal(aggregator, contributions(4, from: aggregator.model, round: round), round: round)
        }
    }
}
