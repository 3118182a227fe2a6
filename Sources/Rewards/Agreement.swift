/// How far the scores of one round agree: the sum of the scores over the sum of their sizes.
package enum Agreement {
    /// An agreement of one: no score is negative.
    package static let one: UInt32 = 65_536

    /// floor(2¹⁶ · max(0, Σ x) / Σ |x|), from 0 to `one`; 0 where every score is zero. Complexity: O(n).
    package static func share(of scores: some Sequence<Int64>) -> UInt32 {
        var (sum, size): (Int128, Int128) = (0, 0)
        for score in scores {
            sum += Int128(score)
            size += Int128(score.magnitude)
        }
        guard sum > 0 else { return 0 }
        return UInt32((sum << 16) / size)
    }
}
