import Aggregation
import Attestation
import Federation
import Ledger
import Rewards
import Tensors
import Testing
import Training

@Suite("Scores by the rules of version 2")
struct ScoringTests {
    private static let servers = [
        TaskConfiguration.ServerRule(learningRate: 1, momentum: 0),
        TaskConfiguration.ServerRule(learningRate: 0.7, momentum: 0.9),
    ]
    private static let scorings: [RoundAggregator.Scoring] = [.full, .novel]

    /// What a round's scores and echo are by plain loops, and the step that they divide.
    private struct PlainRound {
        var scores: [(full: Int64, novel: Int64)] = []
        var step: [Double] = []
        var echo: [Double] = []

        init(
            _ world: AggregationWorld, model: [Float], _ contributions: [AggregationWorld.Contribution],
            history: [PlainRound]
        ) throws {
            let rate = world.task.server.learningRate
            let denominator = 4_096 * contributions.reduce(Int64(0)) { $0 + Int64($1.accepted.units) }
            let updates = contributions.map { $0.update.parameters.parameters.floats }
            let sums = model.indices.map { index -> Double in
                var sum: Double = 0
                for (update, made) in zip(updates, contributions) {
                    sum += Double(made.accepted.weight) * Double(update[index])
                }
                return sum
            }
            step = sums.map { rate * ($0 / Double(denominator)) }
            let step = step
            let gradients = try [0, 0.5, 1].map { fraction in
                let point = zip(model, step).map { Float(Double($0) + fraction * $1) }
                var gradient = ParameterSet(zeros: world.blob.layout)
                try world.evaluator.gradient(
                    of: ParameterSet(layout: world.blob.layout, values: ParameterBuffer(point)),
                    on: world.sets.validation, into: &gradient)
                return gradient.floats
            }
            let last = history.suffix(5).reversed()
            let scores = PlainScores(
                gradients: gradients, history: last.map(\.step) + last.map(\.echo), learningRate: rate,
                denominator: denominator, fractionBits: world.task.grid.fractionBits)
            self.scores = zip(updates, contributions).map { scores.score($0, weight: $1.accepted.weight) }
            guard world.scoring == .novel else {
                echo = [Double](repeating: 0, count: model.count)
                return
            }
            let largest = UInt128(max(0, self.scores.map(\.novel).max() ?? 0))
            let weights = zip(contributions, self.scores).map { contribution, score in
                largest == 0 ? 0 : UInt128(contribution.accepted.weight) * UInt128(max(0, score.novel)) / largest
            }
            echo = model.indices.map { index -> Double in
                var sum: Double = 0
                for (update, weight) in zip(updates, weights) {
                    sum += Double(weight) * (Double(update[index]) * 0x1p24)
                }
                return sum
            }
        }
    }

    @Test("Eight rounds' scores, steps and echoes are those of plain loops", arguments: servers, scorings)
    func plain(server: TaskConfiguration.ServerRule, scoring: RoundAggregator.Scoring) throws {
        let world = try AggregationWorld(server: server, scoring: scoring)
        let aggregator = try world.aggregator(threads: 2)
        var history: [PlainRound] = []
        for round in 1...8 as ClosedRange<UInt32> {
            var contributions = try world.contributions(4, from: aggregator.model, round: round)
            // Noise that hurts, what nothing is left of, and the last step once more.
            var generator = SeededGenerator(seed: UInt64(round), stream: "noise")
            let noise = (0..<world.blob.layout.count).map { _ in Float(generator.nextNormal()) * 0.02 }
            contributions.append(try world.contribution(4, noise, units: 2))
            contributions.append(try world.contribution(5, noise.map { -2 * $0 }, factor: 0))
            let last = history.last?.step.map { Float($0) } ?? noise
            contributions.append(try world.contribution(6, last, units: 1))
            let model = aggregator.model.parameters.floats
            let plain = try PlainRound(world, model: model, contributions, history: history)
            history.append(plain)
            let result = try world.seal(aggregator, contributions, round: round)
            #expect(result.scores.map(\.full) == plain.scores.map(\.full), "round \(round)")
            #expect(result.scores.map(\.novel) == plain.scores.map(\.novel), "round \(round)")
            #expect(result.scores[5].full == 0 && result.scores[5].novel == 0)
            let newest = try #require(aggregator.history.rounds.first)
            #expect(newest.round == round)
            #expect(newest.step.doubles == plain.step)
            #expect(newest.echo.doubles == plain.echo)
        }
        #expect(aggregator.history.rounds.map(\.round) == [8, 7, 6, 5, 4], "five rounds are looked back at")
        #expect(history.contains { $0.scores.contains { $0.novel < 0 } }, "some updates hurt")
    }

    @Test("How a task is scored follows from its terms")
    func scoring() throws {
        func scoring(_ reward: TaskReward, _ trust: TaskTerms.Trust) throws -> RoundAggregator.Scoring {
            let task = try Fixtures.task(trust: trust, reward: reward)
            return RoundAggregator.Scoring(
                task.terms(normBoundSquared: 1, openedAtMs: 0, secret: TaskSecret(.zero)))
        }
        #expect(try scoring(TaskReward(pool: 1, targetDrop: 1), .known) == .full)
        #expect(try scoring(TaskReward(pool: 1, targetDrop: 1), .open) == .novel)
        for trust in TaskTerms.Trust.allCases {
            #expect(try scoring(TaskReward(score: .none, pool: 0, targetDrop: 1), trust) == .none)
        }
        #expect(try scoring(TaskReward(score: .samples, pool: 1, targetDrop: 1), .known) == .none)
    }

    @Test("An echo is paid for by positive novel scores alone; where there are none, it is nothing")
    func echo() throws {
        let world = try AggregationWorld(scoring: .novel)
        let aggregator = try world.aggregator()
        let useful = try world.contributions(1, from: world.model, round: 1)[0]
        let harmful = try world.contribution(1, useful.update.parameters.parameters.floats.map { -$0 / 2 })
        let first = try world.seal(aggregator, [useful, harmful], round: 1)
        #expect(first.scores[0].novel > 0 && first.scores[1].novel < 0)
        let echo = try #require(aggregator.history.rounds.first).echo.doubles
        let weight = Double(useful.accepted.weight)
        let expected: [Double] = useful.update.parameters.parameters.floats.map { weight * (Double($0) * 0x1p24) + 0 }
        #expect(echo == expected)
        // Up the gradient of examples that nobody has had.
        let fresh = try world.contributions(1, from: aggregator.model, round: 9)[0]
        let values = fresh.update.parameters.parameters.floats.map { -$0 }
        let second = try world.seal(aggregator, [try world.contribution(0, values)], round: 2)
        #expect(second.scores[0].novel < 0)
        #expect(try #require(aggregator.history.rounds.first).echo.doubles.allSatisfy { $0 == 0 })
    }

    @Test(
        "Updates that memory does not hold are recalled for their echo too, with the same history", arguments: scorings)
    func recalledEcho(scoring: RoundAggregator.Scoring) throws {
        let world = try AggregationWorld(scoring: scoring)
        let whole = try world.aggregator()
        let expected = try world.run(whole, rounds: 1...7)
        let recalling = try world.aggregator(cacheByteCount: 0)
        #expect(try world.run(recalling, rounds: 1...7) == expected)
        #expect(recalling.history.bits == whole.history.bits)
    }

    @Test("Taken up between rounds with its history, an aggregator goes on as before", arguments: servers, scorings)
    func resumed(server: TaskConfiguration.ServerRule, scoring: RoundAggregator.Scoring) throws {
        let world = try AggregationWorld(server: server, scoring: scoring)
        let straight = try world.aggregator()
        let expected = try world.run(straight, rounds: 1...8)
        for stop in [1, 4, 6, 7] as [UInt32] {
            let first = try world.aggregator()
            _ = try world.run(first, rounds: 1...stop)
            let records = first.history.rounds.map { ($0.round, $0.encoded) }
            let rounds = try records.map {
                try ScoredRound(round: $0, decoding: $1, count: world.blob.layout.count)
            }
            let second = try world.aggregator(
                RoundAggregator.Start(
                    model: first.model, serverState: first.serverState(), history: ScoredHistory(newestFirst: rounds)))
            #expect(try world.run(second, rounds: stop + 1...8) == Array(expected[Int(stop)...]))
            #expect(second.history.bits == straight.history.bits)
        }
        let forgetful = try world.aggregator()
        _ = try world.run(forgetful, rounds: 1...4)
        let without = try world.aggregator(
            RoundAggregator.Start(model: forgetful.model, serverState: forgetful.serverState()))
        let novel = try world.run(without, rounds: 5...5)[0].scores.map(\.novel)
        #expect(novel != expected[4].scores.map(\.novel), "the history matters")
    }
}

@Suite("A round that diverges")
struct DivergedRoundTests {
    private static let servers = [
        TaskConfiguration.ServerRule(learningRate: 1, momentum: 0),
        TaskConfiguration.ServerRule(learningRate: 0.7, momentum: 0.9),
    ]
    private static let scorings: [RoundAggregator.Scoring] = [.full, .novel, .none]

    /// Plays three rounds, then one that is spoilt in some way, and goes on.
    private func play(
        _ world: AggregationWorld, spoilt: (RoundAggregator) throws -> [AggregationWorld.Contribution]
    ) throws {
        let (straight, disturbed) = (try world.aggregator(), try world.aggregator(threads: 2))
        _ = try world.run(straight, rounds: 1...3)
        let before = try #require(try world.run(disturbed, rounds: 1...3).last)
        let (model, state, history) = (disturbed.model, disturbed.serverState(), disturbed.history.bits)
        for _ in 0..<2 {
            let result = try world.seal(disturbed, try spoilt(disturbed), round: 4)
            #expect(result.metrics == nil && result.scores.isEmpty && result.aggregate == nil)
            #expect(result.divergence?.isEmpty == false)
            #expect(result.model == before.model && result.serverState == before.serverState)
            #expect(disturbed.model === model)
            #expect(disturbed.serverState() == state)
            #expect(disturbed.history.bits == history)
        }
        #expect(try world.run(disturbed, rounds: 5...6) == world.run(straight, rounds: 5...6))
        #expect(disturbed.history.bits == straight.history.bits)
    }

    @Test("Huge updates leave model, momentum and history as they were", arguments: servers, scorings)
    func huge(server: TaskConfiguration.ServerRule, scoring: RoundAggregator.Scoring) throws {
        let world = try AggregationWorld(server: server, scoring: scoring, fractionBits: 8)
        try play(world) { _ in
            let values = (0..<world.blob.layout.count).map { $0 % 3 == 0 ? Float(65_535) : -65_535 }
            return [try world.contribution(0, values), try world.contribution(1, values)]
        }
    }

    @Test("A round whose every weight is zero leaves all as it was", arguments: servers, scorings)
    func weightless(server: TaskConfiguration.ServerRule, scoring: RoundAggregator.Scoring) throws {
        let world = try AggregationWorld(server: server, scoring: scoring)
        try play(world) { aggregator in
            try world.contributions(3, from: aggregator.model, round: 4).map {
                try world.contribution(
                    Int($0.accepted.participant), $0.update.parameters.parameters.floats, factor: 0)
            }
        }
    }

    @Test("A model that is useless from the start diverges, and does not trap", arguments: scorings)
    func uselessModel(scoring: RoundAggregator.Scoring) throws {
        let world = try AggregationWorld(scoring: scoring)
        let huge = SharedParameterSet(
            ParameterSet(
                layout: world.blob.layout,
                values: ParameterBuffer([Float](repeating: 3e38, count: world.blob.layout.count))))
        let aggregator = try world.aggregator(RoundAggregator.Start(model: huge))
        let values = [Float](repeating: 0.5, count: world.blob.layout.count)
        let result = try world.seal(aggregator, [try world.contribution(0, values)], round: 1)
        #expect(result.metrics == nil && aggregator.model === huge && aggregator.history.rounds.isEmpty)
    }

    @Test("A weight of zero beside others adds nothing but its units")
    func someWeightless() throws {
        let world = try AggregationWorld()
        let contributions = try world.contributions(2, from: world.model, round: 1)
        let values = contributions[0].update.parameters.parameters.floats
        let idle = try world.contribution(2, values, units: 4, factor: 0)
        let other = try world.contribution(2, values.map { -$0 }, units: 4, factor: 0)
        let aggregators = try (0..<2).map { _ in try world.aggregator() }
        let results = try zip(aggregators, [idle, other]).map {
            try world.seal($0, contributions + [$1], round: 1)
        }
        #expect(results[0] == results[1])
        #expect(results[0].scores.map { $0.full > 0 } == [true, true, false])
    }
}
