/// The bounds of this module; what passes one of them is refused with an `AggregationError`.
package enum AggregationLimits {
    /// Weight of all updates in one sum, and the largest denominator of their mean: 2^29. With values of 24 bits every
    /// partial sum has at most 53, which Float64 holds exactly. Past it: `weightLimit`.
    package static let totalWeight: Int64 = 1 << 29
    /// Magnitude below which the server's learning rate must lie. Past it: `invalidConfiguration`.
    package static let learningRate = 1_000.0
    /// Scored rounds whose steps and echoes a task keeps: m in `Protocols/scores.md`.
    package static let history = 5
    /// Bytes of a stored server state's header: magic and count.
    package static let stateHeaderByteCount = 16
}
