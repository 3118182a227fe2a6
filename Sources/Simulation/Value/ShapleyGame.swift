/// A cooperative game of a few players: what each coalition of them is worth.
package struct ShapleyGame: Equatable, Sendable {
    /// Most players: each more doubles the coalitions.
    package static let playerLimit = 8

    package let playerCount: Int
    /// The worth of each coalition by its number; player i belongs to coalition c if bit i of c is set. Coalition 0 is
    /// the empty one.
    package let worths: [Double]

    /// - Precondition: 1 to `playerLimit` players, and one worth for each coalition.
    package init(playerCount: Int, worths: [Double]) {
        precondition((1...Self.playerLimit).contains(playerCount), "1 to \(Self.playerLimit) players")
        precondition(worths.count == 1 << playerCount, "one worth for each coalition")
        self.playerCount = playerCount
        self.worths = worths
    }

    /// The worth of all players together over that of none.
    package var total: Double { worths[worths.count - 1] - worths[0] }

    /// Each player's Shapley value: the mean of what it adds to those before it, over all orders of the players. They
    /// sum to `total`. Complexity: O(n · 2ⁿ).
    package var shapleyValues: [Double] {
        let weights = Self.weights(playerCount)
        return (0..<playerCount).map { player in
            coalitions(without: player).reduce(0) { sum, coalition in
                sum + weights[coalition.nonzeroBitCount] * gain(of: player, to: coalition)
            }
        }
    }

    /// What each player adds to all others together. Complexity: O(n).
    package var leaveOneOut: [Double] {
        let everybody = worths.count - 1
        return (0..<playerCount).map { gain(of: $0, to: everybody & ~(1 << $0)) }
    }

    private func coalitions(without player: Int) -> some Sequence<Int> {
        (0..<worths.count).lazy.filter { $0 >> player & 1 == 0 }
    }

    private func gain(of player: Int, to coalition: Int) -> Double {
        worths[coalition | 1 << player] - worths[coalition]
    }

    /// The share of orders in which exactly some s others come before a player: s! (n-1-s)! / n!, by s.
    private static func weights(_ count: Int) -> [Double] {
        let factorials = (0...count).reduce(into: [1.0]) { list, number in
            if number > 0 { list.append(list[number - 1] * Double(number)) }
        }
        return (0..<count).map { factorials[$0] * factorials[count - 1 - $0] / factorials[count] }
    }
}
