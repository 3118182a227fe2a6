package import Ledger

/// How a round ended.
package enum RoundOutcome: String, Codable, Hashable, Sendable {
    /// The contributions were averaged.
    case aggregated
    /// Too few contributions came in time; the model stayed as it was.
    case noQuorum = "no quorum"
    /// No finite model came of it, or no update had weight; the model stayed as it was and nobody was scored.
    case diverged
    /// The task was closed while the round was open.
    case abandoned

    /// The outcome that a seal states.
    package init(_ outcome: RoundSealed.Outcome) {
        self =
            switch outcome {
            case .aggregated: .aggregated
            case .noQuorum: .noQuorum
            case .diverged: .diverged
            case .abandoned: .abandoned
            }
    }
}
