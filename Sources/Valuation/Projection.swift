/// Exact dot products of one update with the path gradient and with a second direction, all in integers.
package struct Projection: Hashable, Sendable {
    /// Σ kⱼ·Gⱼ, with the update's grid integers k and the gradient's integers G.
    package var gradient: Int128 = 0
    /// Σ kⱼ·Hⱼ, with the second direction's integers H: the surprise gradient, or in version 1 the last global delta.
    /// 0 without a second direction.
    package var second: Int128 = 0

    package init(gradient: Int128 = 0, second: Int128 = 0) {
        self.gradient = gradient
        self.second = second
    }
}
