import Simulation
import Tensors
import Testing

@Suite("Shapley values")
struct ShapleyGameTests {
    /// The definition: the mean over all orders of what a player adds to those before it.
    private static func byPermutations(_ game: ShapleyGame) -> [Double] {
        var sums = [Double](repeating: 0, count: game.playerCount)
        var count = 0
        func extend(_ order: [Int]) {
            guard order.count < game.playerCount else {
                count += 1
                var coalition = 0
                for player in order {
                    sums[player] += game.worths[coalition | 1 << player] - game.worths[coalition]
                    coalition |= 1 << player
                }
                return
            }
            for player in 0..<game.playerCount where !order.contains(player) { extend(order + [player]) }
        }
        extend([])
        return sums.map { $0 / Double(count) }
    }

    private static func random(_ count: Int, _ generator: inout SeededGenerator) -> ShapleyGame {
        ShapleyGame(
            playerCount: count,
            worths: (0..<1 << count).map { _ in Double(Int64(truncatingIfNeeded: generator.next()) >> 40) })
    }

    @Test("They are the mean over all orders, and sum to the worth of all", arguments: 1...5)
    func definition(count: Int) {
        var generator = SeededGenerator(seed: 7, stream: "shapley", count)
        for _ in 0..<50 {
            let game = Self.random(count, &generator)
            let values = game.shapleyValues
            for (value, expected) in zip(values, Self.byPermutations(game)) {
                #expect(abs(value - expected) <= 1e-9 * Double(1 << 24))
            }
            #expect(abs(values.reduce(0, +) - game.total) <= 1e-6)
        }
    }

    @Test("In every game of three players with worths 0 and 1 they are the mean over all orders")
    func exhaustive() {
        for bits in 0..<256 {
            let game = ShapleyGame(playerCount: 3, worths: (0..<8).map { Double(bits >> $0 & 1) })
            for (value, expected) in zip(game.shapleyValues, Self.byPermutations(game)) {
                #expect(abs(value - expected) < 1e-12)
            }
        }
    }

    @Test("Where worths add up, each is worth its own, and so says leaving it out", arguments: 1...8)
    func additive(count: Int) {
        let own = (0..<count).map { Double($0 * $0) - 3 }
        let worths = (0..<1 << count).map { coalition in
            own.indices.filter { coalition >> $0 & 1 == 1 }.reduce(0) { $0 + own[$1] }
        }
        let game = ShapleyGame(playerCount: count, worths: worths)
        for (value, expected) in zip(game.shapleyValues, own) { #expect(abs(value - expected) < 1e-9) }
        #expect(game.leaveOneOut == own)
    }

    @Test("The glove game: one left glove and two right ones are worth 2/3, 1/6 and 1/6; nobody misses one of two")
    func gloves() {
        let worths = (0..<8).map { coalition in coalition & 1 == 1 && coalition > 1 ? 1.0 : 0 }
        let game = ShapleyGame(playerCount: 3, worths: worths)
        for (value, expected) in zip(game.shapleyValues, [2.0 / 3, 1.0 / 6, 1.0 / 6]) {
            #expect(abs(value - expected) < 1e-12)
        }
        #expect(game.leaveOneOut == [1, 0, 0])
    }

    @Test("Exchangeable players are worth the same, and one that adds nothing is worth nothing", arguments: 2...5)
    func symmetry(count: Int) {
        var generator = SeededGenerator(seed: 9, stream: "shapley", count)
        let game = Self.random(count, &generator)
        // Players 0 and 1 exchanged: the worths follow.
        let exchanged = (0..<1 << count).map { (coalition: Int) -> Double in
            let first = (coalition & 1) << 1
            let second = (coalition >> 1) & 1
            let others = coalition & ~3
            return game.worths[others | first | second]
        }
        let symmetric = ShapleyGame(playerCount: count, worths: zip(game.worths, exchanged).map { $0 + $1 })
        #expect(abs(symmetric.shapleyValues[0] - symmetric.shapleyValues[1]) < 1e-6)
        let idle = ShapleyGame(playerCount: count, worths: (0..<1 << count).map { game.worths[$0 & ~1] })
        #expect(idle.shapleyValues[0] == 0)
        #expect(idle.leaveOneOut[0] == 0)
    }
}
