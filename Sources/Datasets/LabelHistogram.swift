/// How many examples of each class somebody holds.
package struct LabelHistogram: Hashable, Sendable {
    /// Examples of each class, by label.
    package let counts: [Int]

    /// Counts the labels of the examples with the given numbers.
    ///
    /// - Parameters:
    ///   - labels: each example's class, below `classCount`.
    ///   - rows: which examples; nil for all.
    ///   - classCount: number of classes.
    package init(labels: [UInt8], rows: [Int]? = nil, classCount: Int) {
        var counts = [Int](repeating: 0, count: classCount)
        if let rows {
            for row in rows { counts[Int(labels[row])] += 1 }
        } else {
            for label in labels { counts[Int(label)] += 1 }
        }
        self.counts = counts
    }

    /// Number of examples.
    package var total: Int { counts.reduce(0, +) }

    /// Half the sum of differences between two histograms' shares, from 0 (same mix) to 1 (no class in common).
    package func distance(to other: LabelHistogram) -> Double {
        precondition(counts.count == other.counts.count, "histograms of different classes")
        guard total > 0, other.total > 0 else { return 0 }
        return zip(counts, other.counts).reduce(0) { sum, pair in
            sum + abs(Double(pair.0) / Double(total) - Double(pair.1) / Double(other.total))
        } / 2
    }
}
