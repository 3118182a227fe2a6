import Aggregation
import Attestation
import Federation
import Ledger
import Synchronization
import Tensors
import Testing
import Training

/// A task that pays samples, unless another score is named, of a size to choose, with random updates as files.
private struct StreamedWorld {
    var task: TaskConfiguration
    let blob: ParameterBlob
    let sets: EvaluationSets
    let model: SharedParameterSet

    struct Contribution {
        let accepted: AcceptedContribution
        let update: CheckedUpdate
        let file: MemoryBlob
    }

    init(
        hidden: [Int] = [4], momentum: Double = 0, learningRate: Double = 0.7, score: TaskTerms.Score = .samples,
        testCount: Int = 50
    ) throws {
        var task = try Fixtures.task(
            server: TaskConfiguration.ServerRule(learningRate: learningRate, momentum: momentum))
        task.architecture = try ModelArchitecture(inputCount: 6, hiddenCounts: hidden, classCount: 3)
        task.reward = TaskReward(score: score, pool: score == .none ? 0 : 1_000_000, targetDrop: 1)
        self.task = task
        blob = ParameterBlob(layout: task.architecture.parameterLayout)
        sets = EvaluationSets(
            validation: try Fixtures.examples(count: 40, draw: 100),
            test: try Fixtures.examples(count: testCount, draw: 101))
        model = SharedParameterSet(task.architecture.initialParameters(seed: 3))
    }

    func streaming(
        from model: SharedParameterSet? = nil, state: [UInt8]? = nil, threads: Int = 1
    ) throws -> StreamingAggregator {
        try StreamingAggregator(
            task: task, blob: blob, model: (model ?? self.model).parameters.copy(), serverState: state,
            sets: sets, threads: threads)
    }

    func whole(threads: Int = 1) throws -> RoundAggregator {
        try RoundAggregator(
            task: task, scoring: task.reward.score == .value ? .full : .none, blob: blob,
            start: RoundAggregator.Start(model: model), sets: sets, threads: threads)
    }

    func bytes(_ values: [Float]) -> [UInt8] {
        blob.header + values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
    }

    func contributions(_ count: Int, round: Int) throws -> [Contribution] {
        try (0..<count).map { number in
            var generator = SeededGenerator(seed: UInt64(round), stream: "updates", number)
            let values = (0..<blob.layout.count).map { _ in
                Float(generator.nextIndex(below: 1 << 14) - (1 << 13)) * 0x1p-24
            }
            // Units as they may be assigned, and any part of them left by the bound.
            let units = UInt32(1 + generator.nextIndex(below: 8))
            let weight = UInt64(units) * UInt64(generator.nextIndex(below: 4_097))
            let set = SharedParameterSet(ParameterSet(layout: blob.layout, values: ParameterBuffer(values)))
            return Contribution(
                accepted: AcceptedContribution(
                    ticket: UInt64(number), participant: ParticipantNumber(number), weight: weight, units: units,
                    squaredNorm: 1, sampleCount: UInt64(10 + number),
                    update: blob.digest(of: set.parameters, threads: 1)),
                update: try CheckedUpdate(checking: set, weight: 0, layout: blob.layout, grid: task.grid),
                file: MemoryBlob(bytes(values)))
        }
    }

    func seal(_ aggregator: RoundAggregator, _ contributions: [Contribution], round: UInt32) throws -> RoundResult {
        for contribution in contributions { try aggregator.fold(contribution.update, contribution.accepted) }
        return try aggregator.seal(round: round, accepted: contributions.map(\.accepted)) {
            _ throws(FederationError) in
            throw FederationError(.unusableUpdate, "nothing needs to be recalled")
        }
    }

    func seal(
        _ aggregator: StreamingAggregator, _ contributions: [Contribution], round: UInt32, order: [Int]? = nil
    ) throws -> RoundResult {
        for index in order ?? Array(contributions.indices) {
            try aggregator.fold(contributions[index].file, contributions[index].accepted)
        }
        let blob = blob
        let kept = Mutex<[Digest]>([])
        let result = try aggregator.seal(round: round, accepted: contributions.map(\.accepted)) {
            model, digest, hashes in
            let digests = [digest, BlobDigest.digest(ofChunkHashes: hashes), blob.digest(of: model, threads: 1)]
            kept.withLock { $0 += digests }
        }
        #expect(kept.withLock { $0 } == [Digest](repeating: result.model, count: 3), "what is to be kept")
        return result
    }
}

@Suite("Averaging a round from files, in the memory of the model")
struct StreamingAggregatorTests {
    /// Hidden layers of models from 43 values up to some chunks of the file and pieces of 16,384 values: in pieces, one
    /// over, one under, and the header in the way of each.
    static let shapes: [[Int]] = [[4], [1_638], [1_639], [26_200, 2], [26_213], [30_000], [200, 300, 700], [90_000]]

    @Test("Results and models are those of the aggregator that holds all, bit for bit", arguments: shapes, [0, 0.9])
    func equal(hidden: [Int], momentum: Double) throws {
        let world = try StreamedWorld(hidden: hidden, momentum: momentum)
        let whole = try world.whole(threads: 2)
        let streaming = try [1, 2, 3].map { ($0, try world.streaming(threads: $0)) }
        for round in 1...2 {
            let contributions = try world.contributions(3, round: round)
            let expected = try world.seal(whole, contributions, round: UInt32(round))
            #expect(expected.aggregate == nil)
            #expect((expected.serverState == nil) == (momentum == 0))
            for (threads, aggregator) in streaming {
                let order = SeededGenerator.order(of: contributions.count, seed: threads)
                #expect(try world.seal(aggregator, contributions, round: UInt32(round), order: order) == expected)
                #expect(aggregator.withModel { $0.floats } == whole.model.parameters.floats)
                #expect(aggregator.serverState() == whole.serverState())
            }
        }
    }

    @Test("Sets of any size are evaluated alike", arguments: [3, 256, 257, 900])
    func testSets(count: Int) throws {
        let world = try StreamedWorld(testCount: count)
        let contributions = try world.contributions(2, round: 1)
        let expected = try world.seal(world.whole(), contributions, round: 1)
        for threads in [1, 2, 4] {
            #expect(try world.seal(world.streaming(threads: threads), contributions, round: 1) == expected)
        }
    }

    @Test("Many updates in any order give the same", arguments: [0, 0.9])
    func anyOrder(momentum: Double) throws {
        let world = try StreamedWorld(hidden: [30_000], momentum: momentum)
        let contributions = try world.contributions(13, round: 1)
        let expected = try world.seal(world.whole(), contributions, round: 1)
        for seed in 0..<3 {
            let order = SeededGenerator.order(of: contributions.count, seed: seed)
            #expect(try world.seal(world.streaming(threads: 2), contributions, round: 1, order: order) == expected)
        }
    }

    @Test("Without gradients there are no scores and no digest of the sums, but losses and accuracy as ever")
    func samples() throws {
        let scored = try StreamedWorld(score: .value)
        let contributions = try scored.contributions(4, round: 1)
        let full = try scored.seal(scored.whole(), contributions, round: 1)
        #expect(full.scores.count == 4 && full.aggregate != nil)
        for score in [TaskTerms.Score.samples, .none] {
            let unscored = try StreamedWorld(score: score)
            let result = try unscored.seal(unscored.streaming(), contributions, round: 1)
            #expect(result.scores.isEmpty && result.aggregate == nil)
            #expect(result.model == full.model)
            let (metrics, expected) = (try #require(result.metrics), try #require(full.metrics))
            #expect(metrics.validationLossBefore == expected.validationLossBefore)
            #expect(metrics.validationLossAfter == expected.validationLossAfter)
            #expect(metrics.testLoss == expected.testLoss)
            #expect(metrics.testAccuracyPpm == expected.testAccuracyPpm)
            #expect(metrics.scoreGap == 0 && expected.scoreGap != 0)
        }
    }

    @Test("The average is over all units, however much of them the bound leaves", arguments: [0, 0.9])
    func units(momentum: Double) throws {
        let world = try StreamedWorld(momentum: momentum)
        let contributions = try world.contributions(5, round: 1)
        let aggregator = try world.streaming()
        _ = try world.seal(aggregator, contributions, round: 1)
        let units = contributions.reduce(0) { $0 + Int($1.accepted.units) }
        let weight = contributions.reduce(0) { $0 + Int($1.accepted.weight) }
        #expect(weight < 4_096 * units)
        let updates = contributions.map { $0.update.parameters.parameters.floats }
        let moved = world.model.parameters.floats.enumerated().map { index, value -> Float in
            var sum: Double = 0
            for (update, made) in zip(updates, contributions) {
                sum += Double(made.accepted.weight) * Double(update[index])
            }
            return Float(Double(value) + 0.7 * (sum / Double(4_096 * units)))
        }
        #expect(aggregator.withModel { $0.floats } == moved)
    }

    @Test("Where weights are claimed, they are the examples and the average is over their sum", arguments: [0, 0.9])
    func claimed(momentum: Double) throws {
        let base = try StreamedWorld(momentum: momentum)
        var world = base
        world.task.weights.weighting = .claimed
        let contributions = try base.contributions(3, round: 1).map { made in
            StreamedWorld.Contribution(
                accepted: AcceptedContribution(
                    ticket: made.accepted.ticket, participant: made.accepted.participant,
                    weight: made.accepted.sampleCount, units: 4, squaredNorm: 1,
                    sampleCount: made.accepted.sampleCount, update: made.accepted.update),
                update: made.update, file: made.file)
        }
        let aggregator = try world.streaming()
        let result = try world.seal(aggregator, contributions, round: 1)
        #expect(try world.seal(world.whole(), contributions, round: 1) == result)
        let updates = contributions.map { $0.update.parameters.parameters.floats }
        let examples: [Double] = [10, 11, 12]
        let moved = world.model.parameters.floats.enumerated().map { index, value -> Float in
            var sum: Double = 0
            for (update, count) in zip(updates, examples) { sum += count * Double(update[index]) }
            return Float(Double(value) + 0.7 * (sum / 33))
        }
        #expect(aggregator.withModel { $0.floats } == moved)
    }

    @Test("A round that was given up leaves no trace, and one taken up between rounds goes on", arguments: [0, 0.9])
    func restart(momentum: Double) throws {
        let world = try StreamedWorld(hidden: [1_639], momentum: momentum)
        let straight = try world.streaming()
        let disturbed = try world.streaming()
        var taken = try world.streaming()
        for round in 1...3 {
            let contributions = try world.contributions(3, round: round)
            for contribution in try world.contributions(9, round: 50 + round) {
                try disturbed.fold(contribution.file, contribution.accepted)
            }
            disturbed.abandon()
            let expected = try world.seal(straight, contributions, round: UInt32(round))
            #expect(try world.seal(disturbed, contributions, round: UInt32(round)) == expected)
            let before = SharedParameterSet(taken.withModel { model in model.copy() })
            taken = try world.streaming(from: before, state: taken.serverState())
            #expect(try world.seal(taken, contributions, round: UInt32(round)) == expected)
        }
    }

    @Test("A file that went bad after it was accepted is a typed error, and the aggregator says so from then on")
    func badFile() throws {
        let world = try StreamedWorld(hidden: [30_000])
        let contributions = try world.contributions(2, round: 1)
        var values = contributions[1].update.parameters.parameters.floats
        for bad in [Float.nan, 0x1p-25, -0.0] {
            values[200_000] = bad
            let file = MemoryBlob(world.bytes(values))
            try expectFailure(world, contributions, second: file, .unusableUpdate)
        }
        let sound = contributions[1].file
        try expectFailure(world, contributions, second: FailingBlob(sound, from: 600_000), .unusableUpdate)
    }

    private func expectFailure(
        _ world: StreamedWorld, _ contributions: [StreamedWorld.Contribution], second: any BlobReading,
        _ code: FederationError.Code
    ) throws {
        for threads in [1, 2] {
            let aggregator = try world.streaming(threads: threads)
            try aggregator.fold(contributions[0].file, contributions[0].accepted)
            try aggregator.fold(second, contributions[1].accepted)
            for _ in 0..<2 {
                #expect(throws: FederationError(code, "")) {
                    try aggregator.seal(round: 1, accepted: contributions.map(\.accepted))
                }
            }
        }
    }

    @Test("A file of another length, weights past the exact range and no updates at all are refused without harm")
    func refused() throws {
        let world = try StreamedWorld()
        let aggregator = try world.streaming()
        let contributions = try world.contributions(2, round: 1)
        let short = MemoryBlob(Array(contributions[0].file.bytes.dropLast()))
        #expect(throws: FederationError(.unusableUpdate, "")) {
            try aggregator.fold(short, contributions[0].accepted)
        }
        let heavy = AcceptedContribution(
            ticket: 9, participant: 9, weight: UInt64(AggregationLimits.totalWeight) + 1, units: 4, squaredNorm: 1,
            sampleCount: 1, update: contributions[0].accepted.update)
        #expect(throws: FederationError(.unusableUpdate, "")) { try aggregator.fold(contributions[0].file, heavy) }
        #expect(throws: FederationError(.unusableUpdate, "")) { try aggregator.seal(round: 1, accepted: []) }
        try aggregator.fold(contributions[0].file, contributions[0].accepted)
        #expect(throws: FederationError(.unusableUpdate, "")) {
            try aggregator.seal(round: 1, accepted: contributions.map(\.accepted))
        }
        aggregator.abandon()
        let expected = try world.seal(world.whole(), contributions, round: 1)
        #expect(try world.seal(aggregator, contributions, round: 1) == expected)
    }

    @Test("A model that the step makes useless ends with an error, not with a trap")
    func diverged() throws {
        let world = try StreamedWorld()
        let huge = SharedParameterSet(
            ParameterSet(
                layout: world.blob.layout,
                values: ParameterBuffer([Float](repeating: 3e38, count: world.blob.layout.count))))
        let aggregator = try world.streaming(from: huge)
        let contributions = try world.contributions(1, round: 1)
        #expect(throws: FederationError(.diverged, "")) { try world.seal(aggregator, contributions, round: 1) }
    }

    @Test("A round whose every weight is zero diverges, and leaves the model as it was", arguments: [0, 0.9])
    func weightless(momentum: Double) throws {
        let world = try StreamedWorld(momentum: momentum)
        let (straight, disturbed) = (try world.streaming(), try world.streaming())
        let made = try world.contributions(1, round: 1)[0]
        let idle = AcceptedContribution(
            ticket: 0, participant: 0, weight: 0, units: 4, squaredNorm: 1, sampleCount: 1,
            update: made.accepted.update)
        try disturbed.fold(made.file, idle)
        #expect(throws: FederationError(.diverged, "")) { try disturbed.seal(round: 1, accepted: [idle]) }
        disturbed.abandon()
        let contributions = try world.contributions(3, round: 2)
        #expect(try world.seal(disturbed, contributions, round: 2) == world.seal(straight, contributions, round: 2))
    }

    @Test("A task that pays value cannot be averaged without its updates")
    func value() throws {
        #expect(throws: FederationError(.inconsistentConfiguration, "")) {
            try StreamedWorld(score: .value).streaming()
        }
    }
}

extension SeededGenerator {
    fileprivate static func order(of count: Int, seed: Int) -> [Int] {
        var generator = SeededGenerator(seed: UInt64(seed), stream: "orders")
        return generator.permutation(of: count)
    }
}
