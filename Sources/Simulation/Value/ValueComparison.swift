/// How far shares of pay agree with shares of value. Nobody is paid less than nothing, so a value below zero counts as
/// zero on both sides.
package struct ValueComparison: Equatable, Sendable {
    /// Pearson's correlation, from -1 to 1; nil where one side is the same for all.
    package let correlation: Double?
    /// Spearman's rank correlation, ties having the mean of their ranks; nil likewise.
    package let spearman: Double?
    /// The part of the pay that would have to change hands, from 0 to 1; nil where one side has nothing to share.
    package let misplacedShare: Double?

    /// Compares pay with value, player by player. Complexity: O(n log n).
    package init(paid: [Double], values: [Double]) {
        precondition(paid.count == values.count, "one value for each payment")
        guard let paid = Self.shares(of: paid), let values = Self.shares(of: values) else {
            (correlation, spearman, misplacedShare) = (nil, nil, nil)
            return
        }
        correlation = Self.correlation(paid, values)
        spearman = Self.correlation(Self.ranks(of: paid), Self.ranks(of: values))
        misplacedShare = zip(paid, values).reduce(0) { $0 + abs($1.0 - $1.1) } / 2
    }

    /// What each has of the sum, values below zero taken as zero; nil where nobody has more.
    package static func shares(of values: [Double]) -> [Double]? {
        let positive = values.map { max(0, $0) }
        let sum = positive.reduce(0, +)
        return sum > 0 && sum.isFinite ? positive.map { $0 / sum } : nil
    }

    /// Pearson's correlation; nil where one side does not vary.
    static func correlation(_ left: [Double], _ right: [Double]) -> Double? {
        let (left, right) = (deviations(left), deviations(right))
        func product(_ one: [Double], _ other: [Double]) -> Double { zip(one, other).reduce(0) { $0 + $1.0 * $1.1 } }
        let size = (product(left, left) * product(right, right)).squareRoot()
        return size > 0 ? min(1, max(-1, product(left, right) / size)) : nil
    }

    private static func deviations(_ values: [Double]) -> [Double] {
        guard let first = values.first, values.contains(where: { $0 != first }) else { return values.map { _ in 0 } }
        let mean = values.reduce(0, +) / Double(values.count)
        return values.map { $0 - mean }
    }

    /// Ranks from 1, ascending; those of equal values are averaged.
    static func ranks(of values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Double](repeating: 0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start
            while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
            for place in start...end { ranks[order[place]] = Double(start + end) / 2 + 1 }
            start = end + 1
        }
        return ranks
    }
}
