/// What one update was worth to the validation loss, in units of 10^-12 nat; positive is good.
package struct PathScore: Hashable, Sendable {
    /// The share of the loss drop that the whole update explains.
    package let full: Int64
    /// The same, of the component that the last global delta does not predict.
    package let novel: Int64

    package init(full: Int64, novel: Int64) {
        self.full = full
        self.novel = novel
    }
}
