import Aggregation
import Attestation
import Federation
import Ledger
import Tensors
import Testing
import Training

@Suite("Averaging and scoring a round")
struct RoundAggregatorTests {
    private static let servers = [
        TaskConfiguration.ServerRule(learningRate: 1, momentum: 0),
        TaskConfiguration.ServerRule(learningRate: 0.7, momentum: 0.9),
    ]

    @Test("The order of the updates and the number of threads change nothing", arguments: servers)
    func anyOrder(server: TaskConfiguration.ServerRule) throws {
        let world = try AggregationWorld(server: server)
        let contributions = try world.contributions(11, from: world.model, round: 1)
        let expected = try world.seal(world.aggregator(), contributions, round: 1)
        var generator = SeededGenerator(seed: 1, stream: "orders")
        for threads in [1, 2, 3] {
            for _ in 0..<6 {
                let order = generator.permutation(of: contributions.count)
                let aggregator = try world.aggregator(threads: threads)
                #expect(try world.seal(aggregator, contributions, round: 1, order: order) == expected)
            }
        }
    }

    @Test("Sums, model and metrics are those of a plain computation in Float64", arguments: servers)
    func plainComputation(server: TaskConfiguration.ServerRule) throws {
        let world = try AggregationWorld(server: server)
        let contributions = try world.contributions(5, from: world.model, round: 1)
        #expect(contributions.contains { $0.accepted.weight < 4_096 * UInt64($0.accepted.units) }, "some are shortened")
        let aggregator = try world.aggregator(threads: 2)
        let result = try world.seal(aggregator, contributions, round: 1)
        var sums = [Double](repeating: 0, count: world.blob.layout.count)
        for contribution in contributions {
            for (index, value) in contribution.update.parameters.parameters.floats.enumerated() {
                sums[index] += Double(contribution.accepted.weight) * Double(value)
            }
        }
        // Every unit counts, shortened or not: what is cut from an update goes to nobody.
        let total = Double(4_096 * contributions.reduce(0) { $0 + $1.accepted.units })
        let moved = zip(world.model.parameters.floats, sums).map {
            Float(Double($0) + server.learningRate * ($1 / total))
        }
        #expect(aggregator.model.parameters.floats == moved)
        #expect(result.round == 1)
        #expect(
            result.aggregate
                == SHA256.hash(sums.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) })
        )
        #expect(result.model == world.blob.digest(of: aggregator.model.parameters, threads: 1))
        let evaluator = try Evaluator(architecture: world.task.architecture)
        let before = try evaluator.evaluate(world.model.parameters, on: world.sets.validation)
        let after = try evaluator.evaluate(aggregator.model.parameters, on: world.sets.validation)
        let tested = try evaluator.evaluate(aggregator.model.parameters, on: world.sets.test)
        let metrics = try #require(result.metrics)
        #expect(metrics.validationLossBefore == Int64((before.meanLoss * 1e12).rounded()))
        #expect(metrics.validationLossAfter == Int64((after.meanLoss * 1e12).rounded()))
        #expect(metrics.testLoss == Int64((tested.meanLoss * 1e12).rounded()))
        #expect(metrics.testAccuracyPpm == UInt32(tested.correctCount * 5_000))
        #expect(metrics.validationLossAfter < metrics.validationLossBefore)
        #expect(result.divergence == nil)
        #expect((result.serverState != nil) == (server.momentum > 0))
    }

    @Test(
        "Scores are in the order of the participants, and the full ones sum to the loss drop within the gap",
        arguments: [.full, .novel, .version1] as [RoundAggregator.Scoring])
    func scoresSum(scoring: RoundAggregator.Scoring) throws {
        let world = try AggregationWorld(scoring: scoring)
        let aggregator = try world.aggregator()
        for (round, result) in zip(1..., try world.run(aggregator, rounds: 1...4)) {
            #expect(result.round == UInt32(round))
            #expect(result.scores.map(\.participant) == [0, 1, 2, 3])
            #expect(result.scores.map(\.samples) == [40, 53, 66, 79])
            let metrics = try #require(result.metrics)
            let drop = metrics.validationLossBefore - metrics.validationLossAfter
            let sum = result.scores.reduce(0) { $0 + $1.full }
            #expect(drop > 0)
            #expect(sum - drop == metrics.scoreGap)
            #expect(Double(abs(metrics.scoreGap)) < 5e-3 * Double(drop))
        }
    }

    @Test(
        "A replay of the last step still helps, but it is not novel",
        arguments: [.novel, .version1] as [RoundAggregator.Scoring])
    func replay(scoring: RoundAggregator.Scoring) throws {
        let world = try AggregationWorld(scoring: scoring)
        let aggregator = try world.aggregator()
        let first = try world.seal(aggregator, world.contributions(4, from: world.model, round: 1), round: 1)
        #expect(first.scores.allSatisfy { $0.full == $0.novel }, "without an earlier step everything is novel")
        let delta = zip(aggregator.model.parameters.floats, world.model.parameters.floats).map { $0 - $1 }
        var contributions = try world.contributions(4, from: aggregator.model, round: 2)
        contributions.append(try world.contribution(4, delta, samples: 60))
        let second = try world.seal(aggregator, contributions, round: 2)
        let replayer = try #require(second.scores.last)
        let honest = second.scores.dropLast().map { Double($0.novel) }.reduce(0, +) / 4
        #expect(replayer.full > 0, "a replay still helps, and the full score pays it")
        #expect(abs(Double(replayer.novel)) < 1e-3 * Double(replayer.full))
        #expect(honest > 0)
    }

    @Test("Updates that memory does not hold are recalled, with the same result", arguments: servers)
    func recall(server: TaskConfiguration.ServerRule) throws {
        let world = try AggregationWorld(server: server)
        let expected = try world.run(world.aggregator(), rounds: 1...3)
        for updates in [0, 1, 3] {
            let aggregator = try world.aggregator(cacheByteCount: updates * world.blob.byteCount)
            #expect(try world.run(aggregator, rounds: 1...3) == expected)
        }
        let aggregator = try world.aggregator(cacheByteCount: 2 * world.blob.byteCount)
        let contributions = try world.contributions(5, from: world.model, round: 1)
        var recalled: [UInt64] = []
        for contribution in contributions { try aggregator.fold(contribution.update, contribution.accepted) }
        _ = try aggregator.seal(round: 1, accepted: contributions.map(\.accepted)) { accepted throws(FederationError) in
            recalled.append(accepted.ticket)
            return contributions[Int(accepted.ticket)].update
        }
        #expect(recalled == [2, 3, 4], "once: where no echo is paid for, nothing is read a second time")
    }

    @Test("An update that cannot be recalled is an error")
    func recallFails() throws {
        let world = try AggregationWorld()
        let aggregator = try world.aggregator(cacheByteCount: 0)
        let contributions = try world.contributions(1, from: world.model, round: 1)
        try aggregator.fold(contributions[0].update, contributions[0].accepted)
        #expect(throws: FederationError(.unusableUpdate, "")) {
            try aggregator.seal(round: 1, accepted: contributions.map(\.accepted)) { _ throws(FederationError) in
                throw FederationError(.unusableUpdate, "gone")
            }
        }
    }

    @Test("A round that was given up leaves no trace", arguments: servers)
    func abandon(server: TaskConfiguration.ServerRule) throws {
        let world = try AggregationWorld(server: server)
        let (straight, disturbed) = (try world.aggregator(), try world.aggregator())
        for round in 1...3 as ClosedRange<UInt32> {
            for count in [1, 9] {
                for contribution in try world.contributions(count, from: disturbed.model, round: 50 + round) {
                    try disturbed.fold(contribution.update, contribution.accepted)
                }
                disturbed.abandon()
            }
            #expect(try world.run(disturbed, rounds: round...round) == world.run(straight, rounds: round...round))
        }
    }

    @Test(
        "An aggregator taken up between rounds goes on as if it had not stopped", arguments: servers,
        [.full, .novel, .version1] as [RoundAggregator.Scoring])
    func restart(server: TaskConfiguration.ServerRule, scoring: RoundAggregator.Scoring) throws {
        let world = try AggregationWorld(server: server, scoring: scoring)
        let expected = try world.run(world.aggregator(), rounds: 1...5)
        for stop in 1...4 as ClosedRange<UInt32> {
            let first = try world.aggregator()
            let before = try world.run(first, rounds: 1...stop)
            let second = try world.aggregator(
                RoundAggregator.Start(
                    model: first.model,
                    previousModel: first.previousModel,
                    serverState: first.serverState(),
                    history: first.history
                )
            )
            #expect(try before + world.run(second, rounds: stop + 1...5) == expected)
        }
    }

    @Test("Weights past the exact range are an error")
    func unusable() throws {
        let world = try AggregationWorld()
        let heavy = try world.aggregator()
        let values = [Float](repeating: 0, count: world.blob.layout.count)
        let contributions = try (0..<2).map { try world.contribution($0, values, units: 1 << 17) }
        #expect(throws: FederationError(.unusableUpdate, "")) { try world.seal(heavy, contributions, round: 1) }
    }

    @Test("A server state of another size, or where the task has no momentum, is refused")
    func wrongServerState() throws {
        let plain = try AggregationWorld()
        let moving = try AggregationWorld(server: Self.servers[1])
        let state = Array("tribvel1".utf8) + [UInt8](repeating: 0, count: 8)
        for world in [plain, moving] {
            #expect(throws: FederationError.self) {
                try world.aggregator(RoundAggregator.Start(model: world.model, serverState: state))
            }
        }
    }
}

@Suite("The validation set's digest")
struct ValidationSetTests {
    @Test("It binds counts, features and labels, little-endian behind their domain")
    func root() throws {
        let examples = try LabelledExamples(
            features: ParameterBuffer([1, 2, 3, 4, 5, 6]),
            labels: [1, 0],
            featureCount: 3,
            classCount: 2
        )
        var bytes = Array("tributary/examples/v1".utf8) + [0]
        for count in [2, 3, 2] as [UInt64] { withUnsafeBytes(of: count.littleEndian) { bytes += Array($0) } }
        for value in [1, 2, 3, 4, 5, 6] as [Float] {
            withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += Array($0) }
        }
        bytes += [1, 0]
        #expect(ValidationSet.version1Root(of: examples) == SHA256.hash(bytes))
    }

    @Test("The salted root binds salt, counts and the digest of each example")
    func saltedRoot() throws {
        let examples = try LabelledExamples(
            features: ParameterBuffer([1, 2, 3, 4, 5, 6]), labels: [1, 0], featureCount: 3, classCount: 2)
        let salt = Fixtures.digest("salt")
        var bytes = Array("tributary/validation/v2".utf8) + [0] + salt.bytes
        for count in [2, 3, 2] as [UInt64] { withUnsafeBytes(of: count.littleEndian) { bytes += Array($0) } }
        for (features, label) in [([1, 2, 3], 1), ([4, 5, 6], 0)] as [([Float], UInt8)] {
            let values = features.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
            bytes += SHA256.hash(values + [label]).bytes
        }
        #expect(ValidationSet.root(of: examples, salt: salt) == SHA256.hash(bytes))
        #expect(ValidationSet.root(of: examples, salt: Fixtures.digest("pepper")) != SHA256.hash(bytes))
        // Computed elsewhere, with hashlib and struct of Python.
        #expect(
            ValidationSet.root(of: examples, salt: .zero).hex
                == "5aeed794720fd2f395811abf09302d4461b2a6df277f7bee1f86076346fe30a0")
    }

    @Test("The salted root of any other examples is another one")
    func otherExamples() throws {
        func root(_ values: [Float], _ labels: [UInt8], _ features: Int, _ classes: Int) throws -> Digest {
            let examples = try LabelledExamples(
                features: ParameterBuffer(values), labels: labels, featureCount: features, classCount: classes)
            return ValidationSet.root(of: examples, salt: .zero)
        }
        let values: [Float] = [1, 2, 3, 4]
        let roots = [
            try root(values, [1, 0], 2, 2), try root(values, [0, 1], 2, 2), try root(values, [1, 0], 2, 3),
            try root(values, [1, 0, 1, 0], 1, 2), try root(values, [1], 4, 2), try root([3, 4, 1, 2], [0, 1], 2, 2),
            try root([1, 2, 3, -4], [1, 0], 2, 2),
        ]
        #expect(Set(roots).count == roots.count)
    }

    @Test("Any other examples have another digest")
    func different() throws {
        let roots = try (0..<20 as Range<UInt64>).map {
            ValidationSet.version1Root(of: try Fixtures.examples(count: 9, draw: $0))
        }
        #expect(Set(roots).count == 20)
    }
}
