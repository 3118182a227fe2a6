/// How a round ended.
package enum RoundOutcome: String, Codable, Sendable {
    /// Enough updates were accepted, and the model moved.
    case aggregated
    /// Too few updates were accepted: the model stayed, and nobody was paid.
    case noQuorum = "no quorum"
}
