/// What one update was worth to the validation loss, in units of 10^-12 nat; positive is good. Magnitudes of at most
/// `ValuationLimits.score`; in version 1 the whole range.
package struct PathScore: Hashable, Sendable {
    /// The share of the loss drop that the whole update explains.
    package let full: Int64
    /// The same, along the surprise gradient: less what the last scored rounds predict.
    package let novel: Int64

    package init(full: Int64, novel: Int64) {
        self.full = full
        self.novel = novel
    }
}
