/// Exact dot products of one update with the path gradient and with the last global delta, all in integers.
package struct Projection: Hashable, Sendable {
    /// Σ kⱼ·Gⱼ, with the update's grid integers k and the gradient's integers G.
    package var gradient: Int128 = 0
    /// Σ kⱼ·Aⱼ, with the delta's integers A; 0 without a delta.
    package var delta: Int128 = 0

    package init(gradient: Int128 = 0, delta: Int128 = 0) {
        self.gradient = gradient
        self.delta = delta
    }
}
