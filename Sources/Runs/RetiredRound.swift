/// A round whose updates were removed from a run folder, and why.
package struct RetiredRound: Equatable, Sendable {
    /// Why updates were removed.
    package enum Cause: String, Sendable {
        /// The retention rule keeps newer rounds only.
        case rule
        /// The disk budget was passed.
        case budget
    }

    /// The round.
    package let round: Int
    /// Bytes that its removal freed.
    package let byteCount: UInt64
    /// Why it was removed.
    package let cause: Cause
}
