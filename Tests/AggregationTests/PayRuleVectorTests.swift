import Aggregation
import Foundation
import Tensors
import Testing

@Suite("The published vectors of the pay rule: norms, steps and echoes")
struct PayRuleVectorTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Protocols/vectors/pay-rule")

    private struct Weights: Decodable {
        struct Case: Decodable {
            let update: [Int]
            let squaredNorm: String

            enum CodingKeys: String, CodingKey {
                case update
                case squaredNorm = "squared_norm"
            }
        }

        let cases: [Case]
    }

    private struct Task: Decodable {
        struct Round: Decodable {
            let updates: [[Int]]
            let weights: [Int64]
            let denominator: Int64
            let echoWeights: [Int64]
            let step: [String]
            let echo: [String]

            enum CodingKeys: String, CodingKey {
                case updates, weights, denominator, step, echo
                case echoWeights = "echo_weights"
            }
        }

        let grid: Int
        let learningRate: String
        let rounds: [Round]

        enum CodingKeys: String, CodingKey {
            case grid, rounds
            case learningRate = "learning_rate"
        }
    }

    private func load<Value: Decodable>(_ name: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(contentsOf: Self.folder.appending(path: "\(name).json")))
    }

    @Test("The squared norms of 300 updates are the published ones")
    func norms() throws {
        let weights: Weights = try load("weights")
        #expect(weights.cases.count == 300)
        for vector in weights.cases {
            let update = try Fixtures.update(vector.update.map { Fixtures.value($0) }, weight: 0)
            #expect(update.squaredNorm == UInt128(vector.squaredNorm))
        }
    }

    @Test("The steps and the echoes of a whole task have the published bits", arguments: 1...4)
    func wholeTask(threads: Int) throws {
        let task: Task = try load("task")
        let grid = try Grid(fractionBits: task.grid)
        let rate = try #require(UInt64(task.learningRate, radix: 16))
        let optimizer = try ServerOptimizer(learningRate: Double(bitPattern: rate))
        for round in task.rounds {
            let count = round.updates[0].count
            func sum(_ weights: [Int64]) throws -> ExactAccumulator {
                var sum = ExactAccumulator(count: count, grid: grid)
                for (row, weight) in zip(round.updates, weights) {
                    let values = row.map { Fixtures.value($0, grid: grid) }
                    try sum.fold(Fixtures.update(values, weight: weight, grid: grid), threads: threads)
                }
                return sum
            }
            let step = try optimizer.scoredStep(
                updates: sum(round.weights), denominator: round.denominator, threads: threads)
            let echo = try sum(round.echoWeights).integerSums(threads: threads)
            #expect(step.withUnsafeValues { $0.map(\.bitPattern) } == round.step.map { UInt64($0, radix: 16) })
            #expect(echo.withUnsafeValues { $0.map(\.bitPattern) } == round.echo.map { UInt64($0, radix: 16) })
        }
    }
}
