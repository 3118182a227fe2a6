import Foundation
import Tensors
import Testing
import Valuation

@Suite("The published vectors of the pay rule: scores")
struct ScoreVectorTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Protocols/vectors/pay-rule")

    private struct Scores: Decodable {
        struct Surprise: Decodable {
            let integers: [Int]
        }

        struct Case: Decodable {
            let name: String
            let grid: Int
            let learningRate: String
            let denominator: Int64
            let vectors: [[String]]
            let kept: [Bool]
            let gradients: [[String]]
            let surprise: Surprise
            let updates: [[Int]]
            let weights: [Int64]
            let full: [Int64]
            let novel: [Int64]
        }

        let cases: [Case]
    }

    private struct Task: Decodable {
        struct Round: Decodable {
            let updates: [[Int]]
            let weights: [Int64]
            let denominator: Int64
            let gradients: [[String]]
            let full: [Int64]
            let novel: [Int64]
            let step: [String]
            let echo: [String]
        }

        let grid: Int
        let learningRate: String
        let rounds: [Round]
    }

    private func load<Value: Decodable>(_ name: String) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Value.self, from: Data(contentsOf: Self.folder.appending(path: "\(name).json")))
    }

    private func doubles(_ words: [String]) throws -> [Double] {
        try words.map { Double(bitPattern: try #require(UInt64($0, radix: 16))) }
    }

    private func buffer(_ words: [String]) throws -> ParameterBuffer {
        ParameterBuffer(try words.map { Float(bitPattern: try #require(UInt32($0, radix: 16))) })
    }

    private func scorer(
        _ gradients: [[String]], _ basis: SurpriseBasis, grid: Grid, rate: String, denominator: Int64, threads: Int
    ) throws -> PathScorer {
        let start = try buffer(gradients[0])
        let middle = try buffer(gradients[1])
        let end = try buffer(gradients[2])
        return try PathScorer(
            gradient: PathGradient(start: start, middle: middle, end: end, threads: threads),
            surprise: SurpriseGradient(start: start, middle: middle, end: end, basis: basis, threads: threads),
            grid: grid, learningRate: doubles([rate])[0], denominator: denominator)
    }

    private func update(_ integers: [Int], _ grid: Grid) throws -> ParameterSet {
        try Fixtures.set(Fixtures.buffer(integers.map { Int128($0) }, grid: grid))
    }

    @Test("Every case has the published directions, integers and scores", arguments: 1...4)
    func cases(threads: Int) throws {
        let scores: Scores = try load("scores")
        #expect(scores.cases.count > 30)
        for vector in scores.cases {
            let grid = try Grid(fractionBits: vector.grid)
            let count = vector.gradients[0].count
            var basis = SurpriseBasis(count: count)
            let kept = try vector.vectors.map { words in
                let values = try doubles(words)
                return try basis.append(values.span, threads: threads)
            }
            #expect(kept == vector.kept, "\(vector.name)")
            let scorer = try scorer(
                vector.gradients, basis, grid: grid, rate: vector.learningRate, denominator: vector.denominator,
                threads: threads)
            for place in 0..<count {
                var unit = [Int](repeating: 0, count: count)
                unit[place] = 1
                let found = try scorer.project(update(unit, grid).values).second
                #expect(found == Int128(vector.surprise.integers[place]), "\(vector.name)")
            }
            for (index, integers) in vector.updates.enumerated() {
                let score = try scorer.score(update(integers, grid), weight: vector.weights[index], threads: threads)
                #expect(score == PathScore(full: vector.full[index], novel: vector.novel[index]), "\(vector.name)")
            }
        }
    }

    @Test("A whole task scores as published, each round beside the steps and echoes of those before", arguments: 1...4)
    func wholeTask(threads: Int) throws {
        let task: Task = try load("task")
        let grid = try Grid(fractionBits: task.grid)
        var steps: [[Double]] = []
        var echoes: [[Double]] = []
        for round in task.rounds {
            let basis = try Fixtures.basis(
                Array(steps.prefix(5)) + Array(echoes.prefix(5)), count: round.step.count, threads: threads)
            let scorer = try scorer(
                round.gradients, basis, grid: grid, rate: task.learningRate, denominator: round.denominator,
                threads: threads)
            for (index, integers) in round.updates.enumerated() {
                let score = try scorer.score(update(integers, grid), weight: round.weights[index], threads: threads)
                #expect(score == PathScore(full: round.full[index], novel: round.novel[index]))
            }
            steps.insert(try doubles(round.step), at: 0)
            echoes.insert(try doubles(round.echo), at: 0)
        }
    }
}
