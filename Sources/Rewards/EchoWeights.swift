/// The integer weights of a round's echo: the sum of its updates, each as far as it was paid for.
package enum EchoWeights {
    /// g_i = floor(a_i · p_i / max p) with p_i the positive part of the novel score; all zero where none is positive.
    ///
    /// The weights' sum is at most the sum of the effective weights. Complexity: O(n).
    ///
    /// - Parameters:
    ///   - effective: the updates' effective weights, each at most 2⁶³.
    ///   - novel: their novel scores, in the same order.
    package static func weights(effective: [UInt64], novel: [Int64]) -> [UInt64] {
        precondition(effective.count == novel.count, "one novel score for each weight")
        guard let largest = novel.max(), largest > 0 else { return [UInt64](repeating: 0, count: novel.count) }
        return zip(effective, novel).map { weight, score in
            UInt64(UInt128(weight) * UInt128(max(0, score)) / UInt128(largest))
        }
    }
}
